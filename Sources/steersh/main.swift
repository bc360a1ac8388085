import Bindings
import Glibc
import Shell

exit(
  Shell.run(Array(CommandLine.arguments.dropFirst())) { setup in
    let bench = Workbench(
      notify: setup.notify, progress: setup.progress, threads: setup.threads, records: setup.records)
    let laboratory = try Laboratory(
      output: setup.output, interruption: setup.interruption, bench: bench, loader: setup.loader)
    return ShellSession(
      laboratory.session, host: bench, check: { laboratory.check($0) }, pathSegments: { bench.names(after: $0) })
  })
