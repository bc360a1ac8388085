/// The standard normal quantile, to about 1e-15, by Wichura's rational functions (1988, algorithm AS 241). Only arithmetic and
/// square roots, which every machine rounds alike; so the draws do not depend on a mathematics library.
func normalQuantile(_ p: Double) -> Double {
  let q = p - 0.5
  if abs(q) <= 0.425 {
    let r = 0.180625 - q * q
    return q * ratio(r, centralTop, centralBottom)
  }
  let r = (-naturalLogarithm(q < 0 ? p : 1 - p)).squareRoot()
  let value = r <= 5 ? ratio(r - 1.6, middleTop, middleBottom) : ratio(r - 5, farTop, farBottom)
  return q < 0 ? -value : value
}

/// log x for normal x > 0: the exponent's share, and 2·artanh of (m − 1)/(m + 1) for m in √½ ..< √2 as a series.
func naturalLogarithm(_ x: Double) -> Double {
  var (m, e) = (x.significand, Double(x.exponent))
  if m > 1.4142135623730951 {
    m /= 2
    e += 1
  }
  let s = (m - 1) / (m + 1)
  let square = s * s
  var sum = 0.0
  for odd in stride(from: 23.0, through: 1, by: -2) { sum = sum * square + 1 / odd }
  return e * 0.6931471805599453 + 2 * s * sum
}

private func ratio(_ r: Double, _ top: [Double], _ bottom: [Double]) -> Double {
  (top.reduce(0) { $0 * r + $1 }) / (bottom.reduce(0) { $0 * r + $1 })
}

// Coefficients, highest power first.
private let centralTop = [
  2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
  1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080,
]
private let centralBottom = [
  5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867, 5394.1960214247511077,
  687.18700749205790830, 42.313330701600911252, 1.0,
]
private let middleTop = [
  7.74545014278341407640e-4, 0.0227238449892691845833, 0.241780725177450611770, 1.27045825245236838258,
  3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734,
]
private let middleBottom = [
  1.05075007164441684324e-9, 5.47593808499534494600e-4, 0.0151986665636164571966, 0.148103976427480074590,
  0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0,
]
private let farTop = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.00124266094738807843860, 0.0265321895265761230930,
  0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720,
]
private let farBottom = [
  2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
  0.0148753612908506148525, 0.136929880922735805310, 0.599832206555887937690, 1.0,
]
