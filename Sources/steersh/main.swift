import Glibc
import Interpreter
import Shell
import StandardLibrary
import Syntax

exit(
  Shell.run(Array(CommandLine.arguments.dropFirst())) { setup in
    let session = Session(output: setup.output, interruption: setup.interruption, loader: setup.loader)
    try session.load(
      standardLibrary: EmbeddedFile.files(in: "stdlib").map { SourceText(name: "stdlib/\($0.name)", $0.text) })
    return ShellSession(session)
  })
