/// What the machine does, one step each. In the comments `…` is the operand stack, its top on the right.
enum Operation: UInt8 {
  // Pushing.
  case constant  // a: constant
  case null
  case yes, no
  case integer  // a: value
  case local  // a: slot
  case cellLocal  // a: slot of a cell; pushes its value
  case capture  // a: capture
  case cellCapture  // a: capture that is a cell; pushes its value
  case global  // a: global
  case itself  // the running function
  // Storing the top and popping it.
  case setLocal  // a: slot
  case makeCell  // a: slot; the value becomes a new cell
  case setCell  // a: slot of a cell
  case setCellCapture  // a: capture that is a cell
  case setGlobal  // a: global
  case clear  // a: first slot, b: how many; they become nil
  // Shuffling.
  case pop
  case popMany  // a: how many
  case duplicatePair  // … x y -> … x y x y
  // Arithmetic. … x y -> … z
  case add, subtract, multiply, divide, modulo, integerDivide, power, contract
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  case addInteger  // a: what is added to the top
  case multiplyInteger  // a: what the top is multiplied by
  case binary  // a: position in `BinaryOperator.allCases`; `on`, `=>`, `with`
  case negate, not
  case condition  // checks that the top is a bool
  // Frequent sequences in one step, made by `CodeBuilder`.
  case localPlus  // local b, addInteger a
  case increment  // local b, addInteger a, setLocal b
  case addSet  // add, setLocal a
  case jumpUnlessLessLocals  // local b, local c, jumpUnlessLess a
  case jumpUnlessLessInteger  // local b, integer c, jumpUnlessLess a
  // Control.
  case jump  // a: target
  case jumpIfFalse, jumpIfTrue  // a: target; pops a bool
  case jumpIfFalseKeeping, jumpIfTrueKeeping  // a: target; pops the bool only when it does not jump
  case jumpUnlessLess, jumpUnlessLessOrEqual, jumpUnlessGreater, jumpUnlessGreaterOrEqual  // a: target; pops both
  case jumpUnlessEqual, jumpUnlessNotEqual
  case loop  // a: target; backwards, polls the interruption
  case jumpIfGiven  // a: target, b: slot; taken when the slot holds an argument
  case prepareLoop  // a: first of three slots; pops what is iterated
  case nextElement  // a: target when there is none, b: first of three slots; pushes the element
  case unpack  // a: pattern; pops a value, pushes one for each name of the pattern
  // Making.
  case makeList  // a: how many
  case makeRecord  // a: names
  case makeRange  // a: 1 inclusive, 2 with a step
  case makePath  // a: path
  case makeFunction  // a: closure
  case makeOperator  // a: operator
  case interpolate  // a: how many parts
  // Parts and calls.
  case member  // a: member; … x -> … z
  case memberOrCall  // a: member; … f x -> … z, f is a local function of that name
  case index  // a: argument names
  case indexOne  // … x i -> … x[i]
  case call  // a: how many arguments; … f x y -> … z
  case callNamed  // a: argument names
  case callGlobal  // a: how many arguments, b: global; … x y -> … z
  case callMethod  // a: argument names, b: member; … f x y -> … z: `x.f(y)`, f is a local function or nil
  case `return`
  // Statements.
  case seed  // pops the seed
  case expectationFailed  // a: the condition's text, b: comparison + 1, or 0; … [l r] message -> …
}

/// Eight bytes: an operation and its operands.
struct Instruction {
  var operation: Operation
  var c: Int8
  var b: UInt16
  var a: Int32

  init(_ operation: Operation, a: Int = 0, b: Int = 0, c: Int = 0) {
    self.operation = operation
    self.c = Int8(truncatingIfNeeded: c)
    self.a = Int32(truncatingIfNeeded: a)
    self.b = UInt16(truncatingIfNeeded: b)
  }
}
