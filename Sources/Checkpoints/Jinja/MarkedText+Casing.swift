/// Upper and lower case as Python has it: by Unicode's full mappings, without a language.
extension MarkedText {
  var uppercased: MarkedText { mapped { $2 += $1.properties.uppercaseMapping.unicodeScalars } }

  var lowercased: MarkedText { mapped { lower($0, $1, &$2) } }

  /// The first letter large, the others small.
  var capitalized: MarkedText {
    mapped { index, scalar, result in
      if index == 0 {
        result += scalar.properties.titlecaseMapping.unicodeScalars
      } else {
        lower(index, scalar, &result)
      }
    }
  }

  /// Every run of letters with its first letter large: `str.title`.
  var titled: MarkedText {
    mapped { index, scalar, result in
      if index > 0, scalars[index - 1].properties.isCased {
        lower(index, scalar, &result)
      } else {
        result += scalar.properties.titlecaseMapping.unicodeScalars
      }
    }
  }

  /// Every word with its first letter large, where words start after white space and opening brackets: the filter `title`.
  var wordsTitled: MarkedText {
    mapped { index, scalar, result in
      let isFirst =
        index == 0 || scalars[index - 1].isPythonSpace || "-({[<".unicodeScalars.contains(scalars[index - 1])
      if isFirst {
        result += scalar.properties.uppercaseMapping.unicodeScalars
      } else {
        lower(index, scalar, &result)
      }
    }
  }

  var swapped: MarkedText {
    mapped { index, scalar, result in
      if scalar.properties.isUppercase {
        lower(index, scalar, &result)
      } else {
        result += scalar.properties.uppercaseMapping.unicodeScalars
      }
    }
  }

  /// A sigma that ends a word has a small form of its own.
  private func lower(_ index: Int, _ scalar: Unicode.Scalar, _ result: inout [Unicode.Scalar]) {
    guard scalar == "Σ" else {
      result += scalar.properties.lowercaseMapping.unicodeScalars
      return
    }
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
    result.append(isFinal ? "ς" : "σ")
  }
}
