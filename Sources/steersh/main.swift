import Shell
toyMain()
