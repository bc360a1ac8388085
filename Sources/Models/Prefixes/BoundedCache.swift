/// Values by key that together stay within a number of bytes; those that were not used for longest make room.
///
/// Going round and round through more keys than fit would push out each value shortly before it is needed again. So a
/// value makes room only once it has gone unused for several times as many look-ups as there are values; until then new
/// ones stay outside, and of each round a part is found.
final class BoundedCache<Key: Hashable, Value: AnyObject> {
  private struct Entry {
    let value: Value
    var bytes: Int
    var lastUse: Int
  }

  let byteLimit: Int
  private(set) var byteCount = 0
  private var entries: [Key: Entry] = [:]
  private var keys: [ObjectIdentifier: Key] = [:]
  /// Look-ups so far; every entry was last used at another one.
  private var clock = 0
  private static var patience: Int { 4 }

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  var count: Int { entries.count }

  subscript(key: Key) -> Value? {
    clock += 1
    guard let place = entries.index(forKey: key) else { return nil }
    entries.values[place].lastUse = clock
    return entries.values[place].value
  }

  /// Whether any of the sizes would find room now.
  func hasRoom(for sizes: [Int]) -> Bool {
    guard let least = sizes.min(), least <= byteLimit else { return false }
    return byteCount + least <= byteLimit || oldest() != nil
  }

  /// Keeps a value if there is room or can be made.
  func insert(_ value: Value, for key: Key, bytes: Int) {
    clock += 1
    guard entries[key] == nil, makeRoom(bytes, keeping: nil) else { return }
    entries[key] = Entry(value: value, bytes: bytes, lastUse: clock)
    keys[ObjectIdentifier(value)] = key
    byteCount += bytes
  }

  /// Accounts for a value that grows; false where it is not here or there is no room.
  func grow(_ value: Value, by bytes: Int) -> Bool {
    guard let key = keys[ObjectIdentifier(value)], makeRoom(bytes, keeping: key) else { return false }
    entries[key]?.bytes += bytes
    byteCount += bytes
    return true
  }

  private func makeRoom(_ bytes: Int, keeping kept: Key?) -> Bool {
    guard bytes <= byteLimit else { return false }
    while byteCount + bytes > byteLimit {
      guard let key = oldest(), key != kept, let gone = entries.removeValue(forKey: key) else { return false }
      keys[ObjectIdentifier(gone.value)] = nil
      byteCount -= gone.bytes
    }
    return true
  }

  /// The key that was not used for longest, if that is long enough.
  private func oldest() -> Key? {
    guard let entry = entries.min(by: { $0.value.lastUse < $1.value.lastUse }),
      clock - entry.value.lastUse > Self.patience * entries.count
    else { return nil }
    return entry.key
  }
}
