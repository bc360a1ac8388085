import Tensors

let testKey = RandomKey(seed: 1)
let otherKey = RandomKey(seed: 2)
