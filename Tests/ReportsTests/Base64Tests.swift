import Foundation
import Testing

@testable import Reports

@Suite struct Base64Tests {
  @Test(arguments: 0..<9) func agreesWithFoundation(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 83 &+ 171) }
    #expect(Base64.text(of: bytes) == Data(bytes).base64EncodedString())
  }
}
