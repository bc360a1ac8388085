import CEditline

/// Ctrl-R: the newest chunk that contains what is typed, older ones with Ctrl-R again.
extension LineEditor {
  func search() -> Outcome {
    let entries = history.entries
    let draft = buffer
    let ownPrompt = prompt
    var query = ""
    var index = entries.count

    /// The next entry with the query in it, from `start` towards `direction`.
    func find(from start: Int, direction: Int) -> Int? {
      var candidate = start
      while entries.indices.contains(candidate) {
        if entries[candidate].contains(query) { return candidate }
        candidate += direction
      }
      return nil
    }
    func show(found: Bool) {
      clear()
      prompt = Prompt("search\(found ? "" : ", nothing found"): \(query) › ")
      let text = entries.indices.contains(index) ? entries[index] : draft.text.string
      let cursor = text.firstRange(of: query).map { text[..<$0.lowerBound].unicodeScalars.count }
      replace(with: text, cursor: query.isEmpty ? nil : cursor)
      _ = steer_editor_refresh(handle)
      paint()
    }
    /// Back to the own prompt, the chunk as it stands.
    func leave() {
      clear()
      prompt = ownPrompt
      _ = steer_editor_refresh(handle)
    }
    func restore() {
      replace(with: draft.text.string, cursor: draft.cursor)
      leave()
    }

    /// Looks on from where the search is; what is shown stays where nothing more is found.
    func look(from start: Int, direction: Int) {
      let next = query.isEmpty ? nil : find(from: start, direction: direction)
      if let next { index = next }
      show(found: query.isEmpty || next != nil)
    }

    show(found: true)
    while true {
      switch keys.next() {
      case .keys(["\u{12}"]): look(from: index - 1, direction: -1)
      case .keys(["\u{13}"]): look(from: index + 1, direction: 1)
      case .keys(["\u{7F}"]), .keys(["\u{8}"]):
        query = query.unicodeScalars.dropLast().string
        index = entries.count
        look(from: index - 1, direction: -1)
      case .keys(["\r"]), .keys(["\n"]):
        leave()
        return submit()
      case .keys(["\u{7}"]), .keys(["\u{1B}"]):
        restore()
        return .unchanged
      case .keys(let scalars) where scalars.count == 1 && scalars[0].value >= 0x20:
        query.unicodeScalars.append(scalars[0])
        look(from: min(index, entries.count - 1), direction: -1)
      case .keys(let scalars):
        // Any other key ends the search and does what it does.
        leave()
        pending = scalars
        return .unchanged
      case .paste:
        query += keys.pasted().filter { $0 != "\n" }.string
        look(from: min(index, entries.count - 1), direction: -1)
      case .stop: continue
      case .resize, .resume:
        steer_editor_resize(handle)
        show(found: true)
      case .interrupt:
        clearInterrupts()
        restore()
        return .unchanged
      case .end:
        restore()
        finish(.end)
        return .end
      }
    }
  }
}
