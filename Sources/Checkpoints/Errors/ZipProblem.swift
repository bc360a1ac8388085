/// What is wrong with a zip archive.
public enum ZipProblem: Error, Equatable, Sendable {
  case notZip
  case severalDisks
  case badDirectory
  case duplicateMember(String)
  case encrypted
  case method(Int)
  case truncated
  case wrongSize(declared: Int)
  case wrongChecksum
  case tooLarge
}

extension ZipProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notZip: "this is not a zip archive, or its end is missing; fetch the file again"
    case .severalDisks: "this is one part of an archive in several files; join them first"
    case .badDirectory: "its table of contents is damaged; fetch the file again"
    case .duplicateMember(let name): "the archive holds two members called \(name)"
    case .encrypted: "it is encrypted; save it without a password"
    case .method(let method): "it is compressed with method \(method); read are 0 (stored) and 8 (deflate)"
    case .truncated: "it reaches beyond the archive's end; fetch the file again"
    case .wrongSize(let declared): "it does not unpack to the \(declared) bytes that the archive promises"
    case .wrongChecksum: "its checksum is wrong; fetch the file again"
    case .tooLarge: "an archive of more than 4 GB or 65,000 members would be needed; save the arrays in several files"
    }
  }
}
