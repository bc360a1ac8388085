/// The benchmarks by the names they have in scripts: their authors' in small letters, `_` for a hyphen.
public enum BenchmarkCatalog {
  public typealias Reader = @Sendable (_ folder: String, _ options: BenchmarkOptions) throws -> any Benchmark

  public static let readers: [(name: String, read: Reader)] = [
    ("pope", { try POPE($0, $1) }),
    ("mme", { try MME($0, $1) }),
    ("vqav2", { try VQA(.v2, $0, $1) }),
    ("ok_vqa", { try VQA(.ok, $0, $1) }),
    ("vizwiz", { try VizWiz($0, $1) }),
    ("textvqa", { try TextVQA($0, $1) }),
    ("scienceqa", { try ScienceQA($0, $1) }),
    ("gqa", { try GQA($0, $1) }),
    ("iconqa", { try IconQA($0, $1) }),
    ("mmmu", { try MMMU($0, $1) }),
    ("hallusionbench", { try HallusionBench($0, $1) }),
    ("seed_bench", { try SEEDBench($0, $1) }),
    ("vsr", { try VSR($0, $1) }),
    ("snli_ve", { try SNLIVE($0, $1) }),
    ("mc2", { try MC2($0, $1) }),
    ("hellaswag", { try HellaSwag($0, $1) }),
    ("mmlu", { try MMLU($0, $1) }),
    ("cifar_10", { try PictureClasses(.cifar10, $0, $1) }),
    ("cifar_100", { try PictureClasses(.cifar100, $0, $1) }),
    ("mnist", { try PictureClasses(.mnist, $0, $1) }),
    ("mm_vet", { try MMVet($0, $1) }),
  ]
}
