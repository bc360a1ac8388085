import Syntax

extension Machine {
  /// Runs a function until it returns. Calls between script functions stay inside this one native call.
  ///
  /// - Parameters:
  ///   - base: where the arguments lie, one for each parameter.
  ///   - result: the first slot to destroy on return: `base`, or the callee below it.
  func run(
    _ entry: UnsafeMutablePointer<CodeHeader>, base entryBase: UnsafeMutablePointer<Value>,
    captures entryCaptures: UnsafeMutablePointer<Value>?, result entryResult: UnsafeMutablePointer<Value>,
    function: Unmanaged<FunctionObject>?
  ) throws -> Value {
    let entryFrame = self.frame
    let entryRuns = runs
    // Registers. What a callee outside of this function may need is written back before it is called.
    var header = entry
    var fp = entryBase
    var sp = entryBase + entry.pointee.parameterCount
    var captures = entryCaptures
    var result = entryResult
    var owner = function
    var frame = entryFrame
    var pc = entry.pointee.instructions
    var constants = entry.pointee.constants
    let interruption = self.interruption
    runs += 1
    defer { runs = entryRuns }
    do {
      if entryRuns >= Self.deepestRuns { throw nestedTooDeep() }
      // Entering a function: every `break` out of the switch below comes here.
      entering: while true {
        if frame + 1 >= frameLimit || fp + header.pointee.reservedSize >= stackLimit { throw tooDeep() }
        frame += 1
        pc = header.pointee.instructions
        frame.initialize(
          to: Frame(header: header, pc: pc, base: fp, captures: captures, result: result, function: owner))
        constants = header.pointee.constants
        let localsEnd = fp + header.pointee.frameSize
        while sp < localsEnd {
          sp.initialize(to: .null)
          sp += 1
        }
        if interruption.isRequested {
          pc += 1
          throw Self.interrupted()
        }
        while true {
          let instruction = pc.pointee
          pc += 1
          switch instruction.operation {
          // MARK: Pushing
          case .constant:
            sp.initialize(to: constants[Int(instruction.a)])
            sp += 1
          case .null:
            sp.initialize(to: .null)
            sp += 1
          case .yes:
            sp.initialize(to: .bool(true))
            sp += 1
          case .no:
            sp.initialize(to: .bool(false))
            sp += 1
          case .integer:
            sp.initialize(to: .int(Int(instruction.a)))
            sp += 1
          case .local:
            if case .int(let x) = fp[Int(instruction.a)] {
              sp.initialize(to: .int(x))
            } else {
              sp.initialize(to: fp[Int(instruction.a)])
            }
            sp += 1
          case .cellLocal:
            sp.initialize(to: Self.content(of: fp[Int(instruction.a)]))
            sp += 1
          case .capture:
            if let captures { sp.initialize(to: captures[Int(instruction.a)]) } else { sp.initialize(to: .null) }
            sp += 1
          case .cellCapture:
            if let captures {
              sp.initialize(to: Self.content(of: captures[Int(instruction.a)]))
            } else {
              sp.initialize(to: .null)
            }
            sp += 1
          case .global:
            guard isDefined[Int(instruction.a)] else { throw noValueYet(Int(instruction.a)) }
            sp.initialize(to: globals[Int(instruction.a)])
            sp += 1
          case .itself:
            if let owner { sp.initialize(to: .object(owner.takeUnretainedValue())) } else { sp.initialize(to: .null) }
            sp += 1
          // MARK: Storing
          case .setLocal:
            sp -= 1
            if case .object = fp[Int(instruction.a)] {
              fp[Int(instruction.a)] = sp.move()
            } else {
              (fp + Int(instruction.a)).moveInitialize(from: sp, count: 1)
            }
          case .makeCell:
            sp -= 1
            fp[Int(instruction.a)] = .object(Cell(sp.move()))
          case .setCell:
            sp -= 1
            Self.setContent(of: fp[Int(instruction.a)], sp.move())
          case .setCellCapture:
            sp -= 1
            if let captures { Self.setContent(of: captures[Int(instruction.a)], sp.move()) }
          case .setGlobal:
            sp -= 1
            setGlobal(Int(instruction.a), sp.move())
          case .clear:
            let first = fp + Int(instruction.a)
            for offset in 0..<Int(instruction.b) { first[offset] = .null }
          // MARK: Shuffling
          case .pop:
            sp -= 1
            sp.deinitialize(count: 1)
          case .popMany:
            sp -= Int(instruction.a)
            sp.deinitialize(count: Int(instruction.a))
          case .duplicatePair:
            sp.initialize(to: sp[-2])
            (sp + 1).initialize(to: sp[-1])
            sp += 2
          // MARK: Arithmetic
          case .add:
            if case .int(let x) = sp[-2], case .int(let y) = sp[-1] {
              let (sum, overflow) = x.addingReportingOverflow(y)
              if overflow { throw Self.overflow(.add, x, y) }
              sp -= 1
              (sp - 1).initialize(to: .int(sum))
            } else if case .float(let x) = sp[-2], case .float(let y) = sp[-1] {
              sp -= 1
              (sp - 1).initialize(to: .float(x + y))
            } else if let (x, y) = Self.numbers(sp[-2], sp[-1]) {
              sp -= 1
              (sp - 1).initialize(to: .float(x + y))
            } else {
              leave(frame, pc, sp)
              let z = try combine(.add, sp[-2], sp[-1])
              sp -= 1
              sp.deinitialize(count: 1)
              sp[-1] = z
            }
          case .subtract:
            if case .int(let x) = sp[-2], case .int(let y) = sp[-1] {
              let (difference, overflow) = x.subtractingReportingOverflow(y)
              if overflow { throw Self.overflow(.subtract, x, y) }
              sp -= 1
              (sp - 1).initialize(to: .int(difference))
            } else if case .float(let x) = sp[-2], case .float(let y) = sp[-1] {
              sp -= 1
              (sp - 1).initialize(to: .float(x - y))
            } else if let (x, y) = Self.numbers(sp[-2], sp[-1]) {
              sp -= 1
              (sp - 1).initialize(to: .float(x - y))
            } else {
              leave(frame, pc, sp)
              let z = try combine(.subtract, sp[-2], sp[-1])
              sp -= 1
              sp.deinitialize(count: 1)
              sp[-1] = z
            }
          case .multiply:
            if case .int(let x) = sp[-2], case .int(let y) = sp[-1] {
              let (product, overflow) = x.multipliedReportingOverflow(by: y)
              if overflow { throw Self.overflow(.multiply, x, y) }
              sp -= 1
              (sp - 1).initialize(to: .int(product))
            } else if case .float(let x) = sp[-2], case .float(let y) = sp[-1] {
              sp -= 1
              (sp - 1).initialize(to: .float(x * y))
            } else if let (x, y) = Self.numbers(sp[-2], sp[-1]) {
              sp -= 1
              (sp - 1).initialize(to: .float(x * y))
            } else {
              leave(frame, pc, sp)
              let z = try combine(.multiply, sp[-2], sp[-1])
              sp -= 1
              sp.deinitialize(count: 1)
              sp[-1] = z
            }
          case .addInteger:
            if case .int(let x) = sp[-1] {
              let (sum, overflow) = x.addingReportingOverflow(Int(instruction.a))
              if overflow { throw Self.overflow(.add, x, Int(instruction.a)) }
              (sp - 1).initialize(to: .int(sum))
            } else if case .float(let x) = sp[-1] {
              (sp - 1).initialize(to: .float(x + Double(instruction.a)))
            } else {
              leave(frame, pc, sp)
              sp[-1] = try plus(sp[-1], Int(instruction.a))
            }
          case .multiplyInteger:
            if case .int(let x) = sp[-1] {
              let (product, overflow) = x.multipliedReportingOverflow(by: Int(instruction.a))
              if overflow { throw Self.overflow(.multiply, x, Int(instruction.a)) }
              (sp - 1).initialize(to: .int(product))
            } else if case .float(let x) = sp[-1] {
              (sp - 1).initialize(to: .float(x * Double(instruction.a)))
            } else {
              leave(frame, pc, sp)
              sp[-1] = try combine(.multiply, sp[-1], .int(Int(instruction.a)))
            }
          case .localPlus:
            if case .int(let x) = fp[Int(instruction.b)] {
              let (sum, overflow) = x.addingReportingOverflow(Int(instruction.a))
              if overflow { throw Self.overflow(.add, x, Int(instruction.a)) }
              sp.initialize(to: .int(sum))
            } else {
              leave(frame, pc, sp)
              sp.initialize(to: try plus(fp[Int(instruction.b)], Int(instruction.a)))
            }
            sp += 1
          case .increment:
            if case .int(let x) = fp[Int(instruction.b)] {
              let (sum, overflow) = x.addingReportingOverflow(Int(instruction.a))
              if overflow { throw Self.overflow(.add, x, Int(instruction.a)) }
              (fp + Int(instruction.b)).initialize(to: .int(sum))
            } else {
              leave(frame, pc, sp)
              fp[Int(instruction.b)] = try plus(fp[Int(instruction.b)], Int(instruction.a))
            }
          case .addSet:
            if case .int(let x) = sp[-2], case .int(let y) = sp[-1] {
              let (sum, overflow) = x.addingReportingOverflow(y)
              if overflow { throw Self.overflow(.add, x, y) }
              sp -= 2
              if case .object = fp[Int(instruction.a)] { (fp + Int(instruction.a)).deinitialize(count: 1) }
              (fp + Int(instruction.a)).initialize(to: .int(sum))
            } else if let (x, y) = Self.numbers(sp[-2], sp[-1]) {
              sp -= 2
              fp[Int(instruction.a)] = .float(x + y)
            } else {
              leave(frame, pc, sp)
              let z = try combine(.add, sp[-2], sp[-1])
              sp -= 2
              sp.deinitialize(count: 2)
              fp[Int(instruction.a)] = z
            }
          case .jumpUnlessLessLocals:
            let other = Int(instruction.c)
            if case .int(let x) = fp[Int(instruction.b)], case .int(let y) = fp[other] {
              if !(x < y) { pc = header.pointee.instructions + Int(instruction.a) }
            } else {
              leave(frame, pc, sp)
              if try !compare(.less, fp[Int(instruction.b)], fp[other]) {
                pc = header.pointee.instructions + Int(instruction.a)
              }
            }
          case .jumpUnlessLessInteger:
            if case .int(let x) = fp[Int(instruction.b)] {
              if !(x < Int(instruction.c)) { pc = header.pointee.instructions + Int(instruction.a) }
            } else {
              leave(frame, pc, sp)
              if try !compare(.less, fp[Int(instruction.b)], .int(Int(instruction.c))) {
                pc = header.pointee.instructions + Int(instruction.a)
              }
            }
          case .divide, .modulo, .integerDivide, .power, .contract, .binary, .equal, .notEqual, .less, .lessOrEqual,
            .greater, .greaterOrEqual:
            leave(frame, pc, sp)
            let z = try combine(Self.binaryOperator(instruction), sp[-2], sp[-1])
            sp -= 1
            sp.deinitialize(count: 1)
            sp[-1] = z
          case .negate:
            leave(frame, pc, sp)
            sp[-1] = try negated(sp[-1])
          case .not:
            guard case .bool(let value) = sp[-1] else { throw Self.notCondition(sp[-1]) }
            sp[-1] = .bool(!value)
          case .condition:
            guard case .bool = sp[-1] else { throw Self.notCondition(sp[-1]) }
          // MARK: Control
          case .jump:
            pc = header.pointee.instructions + Int(instruction.a)
          case .jumpIfFalse:
            guard case .bool(let value) = sp[-1] else { throw Self.notCondition(sp[-1]) }
            sp -= 1
            if !value { pc = header.pointee.instructions + Int(instruction.a) }
          case .jumpIfTrue:
            guard case .bool(let value) = sp[-1] else { throw Self.notCondition(sp[-1]) }
            sp -= 1
            if value { pc = header.pointee.instructions + Int(instruction.a) }
          case .jumpIfFalseKeeping:
            guard case .bool(let value) = sp[-1] else { throw Self.notCondition(sp[-1]) }
            if value { sp -= 1 } else { pc = header.pointee.instructions + Int(instruction.a) }
          case .jumpIfTrueKeeping:
            guard case .bool(let value) = sp[-1] else { throw Self.notCondition(sp[-1]) }
            if value { pc = header.pointee.instructions + Int(instruction.a) } else { sp -= 1 }
          case .jumpUnlessLess:
            if case .int(let x) = sp[-2], case .int(let y) = sp[-1] {
              sp -= 2
              if !(x < y) { pc = header.pointee.instructions + Int(instruction.a) }
            } else {
              leave(frame, pc, sp)
              let holds = try compare(.less, sp[-2], sp[-1])
              sp -= 2
              sp.deinitialize(count: 2)
              if !holds { pc = header.pointee.instructions + Int(instruction.a) }
            }
          case .jumpUnlessEqual:
            if case .int(let x) = sp[-2], case .int(let y) = sp[-1] {
              sp -= 2
              if x != y { pc = header.pointee.instructions + Int(instruction.a) }
            } else {
              leave(frame, pc, sp)
              let holds = try compare(.equal, sp[-2], sp[-1])
              sp -= 2
              sp.deinitialize(count: 2)
              if !holds { pc = header.pointee.instructions + Int(instruction.a) }
            }
          case .jumpUnlessLessOrEqual, .jumpUnlessGreater, .jumpUnlessGreaterOrEqual, .jumpUnlessNotEqual:
            leave(frame, pc, sp)
            let holds = try compare(Self.comparison(instruction.operation), sp[-2], sp[-1])
            sp -= 2
            sp.deinitialize(count: 2)
            if !holds { pc = header.pointee.instructions + Int(instruction.a) }
          case .loop:
            if interruption.isRequested { throw Self.interrupted() }
            pc = header.pointee.instructions + Int(instruction.a)
          case .jumpIfGiven:
            if !Self.isMissing(fp[Int(instruction.b)]) { pc = header.pointee.instructions + Int(instruction.a) }
          case .prepareLoop:
            leave(frame, pc, sp)
            try prepareLoop(over: sp[-1], state: fp + Int(instruction.a))
            sp -= 1
            sp.deinitialize(count: 1)
          case .nextElement:
            let state = fp + Int(instruction.b)
            guard case .int(let left) = state[2], left > 0 else {
              pc = header.pointee.instructions + Int(instruction.a)
              continue
            }
            (state + 2).initialize(to: .int(left - 1))
            if case .int(let current) = state[0], case .int(let step) = state[1] {
              sp.initialize(to: .int(current))
              (state).initialize(to: .int(current &+ step))
            } else if case .object(let object) = state[0], object.kind == .list, case .int(let position) = state[1] {
              (state + 1).initialize(to: .int(position + 1))
              sp.initialize(to: unsafeDowncast(object, to: ListObject.self).elements[position])
            } else {
              leave(frame, pc, sp)
              sp.initialize(to: try nextElement(state))
            }
            sp += 1
          case .unpack:
            leave(frame, pc, sp)
            let pattern = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.patterns[Int(instruction.a)] }
            let values = try unpacked(sp[-1], pattern)
            sp -= 1
            sp.deinitialize(count: 1)
            sp.initialize(from: values, count: values.count)
            sp += values.count
          // MARK: Making
          case .makeList:
            sp -= Int(instruction.a)
            let elements = Self.moved(sp, count: Int(instruction.a))
            sp.initialize(to: .object(ListObject(elements)))
            sp += 1
          case .makeRecord:
            let shape = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.recordShapes[Int(instruction.a)] }
            sp -= shape.names.count
            sp.initialize(to: .object(RecordObject(shape, Self.moved(sp, count: shape.names.count))))
            sp += 1
          case .makeRange, .makePath, .makeFunction, .makeOperator, .interpolate:
            leave(frame, pc, sp)
            let (value, popped) = try make(instruction, frame)
            sp -= popped
            sp.deinitialize(count: popped)
            sp.initialize(to: value)
            sp += 1
          // MARK: Parts and calls
          case .member:
            if case .object(let object) = sp[-1], object.kind == .record {
              // Records from one literal share their shape, and so the place of a field.
              let record = unsafeDowncast(object, to: RecordObject.self)
              let name = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.members[Int(instruction.a)] }
              if let position = name.position(in: record.shape) {
                sp[-1] = record.values[position]
                continue
              }
            }
            leave(frame, pc, sp)
            sp[-1] = try member(header, Int(instruction.a), of: sp[-1], local: nil)
          case .memberOrCall:
            leave(frame, pc, sp)
            let value = try member(header, Int(instruction.a), of: sp[-1], local: sp[-2])
            sp -= 1
            sp.deinitialize(count: 1)
            sp[-1] = value
          case .indexOne:
            leave(frame, pc, sp)
            let value = try indexed(sp[-2], sp[-1])
            sp -= 1
            sp.deinitialize(count: 1)
            sp[-1] = value
          case .index:
            leave(frame, pc, sp)
            let names = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.argumentNames[Int(instruction.a)] }
            let value = try indexed(sp[-names.count - 1], gather(names, below: sp))
            sp -= names.count
            sp.deinitialize(count: names.count)
            sp[-1] = value
          case .callGlobal:
            let count = Int(instruction.a)
            if let code = globalCode[Int(instruction.b)], code.pointee.isPlain, code.pointee.parameterCount == count {
              frame.pointee.pc = pc
              header = code
              fp = sp - count
              result = fp
              captures = nil
              owner = nil
              continue entering
            }
            guard isDefined[Int(instruction.b)] else { throw noValueYet(Int(instruction.b)) }
            // Put the callee below its arguments and call it as any value.
            var slot = sp
            while slot > sp - count {
              slot.initialize(to: (slot - 1).move())
              slot -= 1
            }
            slot.initialize(to: globals[Int(instruction.b)])
            sp += 1
            leave(frame, pc, sp)
            if let (code, closure) = try enter(count: count, names: nil) {
              sp = top
              header = code
              fp = sp - code.pointee.parameterCount
              result = fp - 1
              captures = closure._withUnsafeGuaranteedRef { $0.captures }
              owner = closure
              continue entering
            }
            sp = top
          case .call:
            let count = Int(instruction.a)
            frame.pointee.pc = pc
            if case .object(let object) = sp[-count - 1], object.kind == .function {
              let closure = unsafeDowncast(object, to: FunctionObject.self)
              let code = closure.code.header
              if code.pointee.isPlain, code.pointee.parameterCount == count {
                header = code
                fp = sp - count
                result = fp - 1
                captures = closure.captures
                owner = Unmanaged.passUnretained(closure)
                continue entering
              }
            }
            leave(frame, pc, sp)
            if let (code, closure) = try enter(count: count, names: nil) {
              sp = top
              header = code
              fp = sp - code.pointee.parameterCount
              result = fp - 1
              captures = closure._withUnsafeGuaranteedRef { $0.captures }
              owner = closure
              continue entering
            }
            sp = top
          case .callNamed, .callMethod:
            leave(frame, pc, sp)
            let names = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.argumentNames[Int(instruction.a)] }
            let entered =
              instruction.operation == .callNamed
              ? try enter(count: names.count, names: names)
              : try enterMethod(header, Int(instruction.b), names: names)
            if let (code, closure) = entered {
              sp = top
              header = code
              fp = sp - code.pointee.parameterCount
              result = fp - 1
              captures = closure._withUnsafeGuaranteedRef { $0.captures }
              owner = closure
              continue entering
            }
            sp = top
          case .return:
            sp -= 1
            let value = sp.move()
            while sp > result {
              sp -= 1
              if case .object = sp.pointee { sp.deinitialize(count: 1) }
            }
            frame -= 1
            if frame == entryFrame {
              self.frame = entryFrame
              top = sp
              return value
            }
            sp.initialize(to: value)
            sp += 1
            header = frame.pointee.header
            pc = frame.pointee.pc
            fp = frame.pointee.base
            captures = frame.pointee.captures
            result = frame.pointee.result
            owner = frame.pointee.function
            constants = header.pointee.constants
          // MARK: Statements
          case .seed:
            leave(frame, pc, sp)
            try seed(sp[-1])
            sp -= 1
            sp.deinitialize(count: 1)
          case .expectationFailed:
            leave(frame, pc, sp)
            let popped = instruction.b == 0 ? 1 : 3
            try expectationFailed(constants[Int(instruction.a)], comparison: Int(instruction.b), sp)
            sp -= popped
            sp.deinitialize(count: popped)
          }
        }
      }
    } catch {
      // Where no frame was entered yet, the place is that of the caller.
      if frame != entryFrame { frame.pointee.pc = pc }
      self.frame = frame
      top = sp
      let failure = located(error)
      while sp > entryResult {
        sp -= 1
        sp.deinitialize(count: 1)
      }
      self.frame = entryFrame
      top = entryResult
      throw failure
    }
  }

  /// Writes the registers back before code outside of the inner loop runs.
  @inline(__always)
  private func leave(
    _ frame: UnsafeMutablePointer<Frame>, _ pc: UnsafeMutablePointer<Instruction>, _ sp: UnsafeMutablePointer<Value>
  ) {
    frame.pointee.pc = pc
    self.frame = frame
    top = sp
  }
}
