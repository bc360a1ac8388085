import Testing

@testable import Shell

@Suite struct MetaCommandTests {
  @Test(arguments: [
    ("?map", MetaCommand.help("map")), ("? map ", .help("map")), ("?", .help(nil)), ("??map", .source("map")),
    ("help", .help(nil)), ("help map", .help("map")), (":help", .help(nil)), (":h", .help(nil)),
    (":time 1 + 1", .time("1 + 1")), (":type [1]", .type("[1]")), (":vars", .variables), (":v", .variables),
    (":load my file.steer", .load("my file.steer")), (":save a.steer", .save("a.steer", name: nil)),
    (":save a.steer b", .save("a.steer", name: "b")), (":edit", .edit), (":reset", .reset), (":q", .quit),
    ("  :quit  ", .quit), ("!ls -l", .shell("ls -l")), (":t 1", .unknown("t")), (":nonsense", .unknown("nonsense")),
    (":", .unknown("")), (":load", .incomplete(usage: ":load FILE")), ("!", .incomplete(usage: "!COMMAND")),
    ("??", .incomplete(usage: "??NAME")), (":save a b c", .incomplete(usage: ":save FILE [NAME]")),
  ])
  func commands(chunk: String, command: MetaCommand) {
    #expect(MetaCommand.parse(chunk) == command)
  }

  @Test(arguments: ["help(1)", "help + 1", "help me out", "helper", "a ? b", "let a = 1", ".layers[0]", "", "  "])
  func theLanguage(chunk: String) {
    #expect(MetaCommand.parse(chunk) == nil)
  }
}
