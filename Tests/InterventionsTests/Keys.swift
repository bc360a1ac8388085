import Interventions

let testKey = RandomKey()
let otherKey = RandomKey(2)
