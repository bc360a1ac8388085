import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ImageProcessorReadTests {
  @Test func theMiniatureModelsConfiguration() throws {
    let source = try FileSource(folder: repositoryRoot.appendingPathComponent("Sources/CEmbedded/minivlm").path)
    let processor = try ImageProcessor(source)
    #expect(processor.size == .exactly(width: 48, height: 48) && processor.crop == nil && processor.square == nil)
    #expect(processor.rescale == 0.00392156862745098)
    #expect(processor.normalization?.mean == [0.35, 0.33, 0.33])
  }

  @Test func olderSpellingsMeanTheSame() throws {
    func processor(_ text: String) throws -> ImageProcessor {
      try ImageProcessor(Field(JSON.parse(text, file: "preprocessor_config.json"), file: "preprocessor_config.json"))
    }
    let new = try processor(
      #"{"image_processor_type":"CLIPImageProcessor","size":{"shortest_edge":336},"crop_size":{"height":336,"width":336}}"#
    )
    #expect(try processor(#"{"feature_extractor_type":"CLIPFeatureExtractor","size":336,"crop_size":336}"#) == new)
    #expect(
      try processor(#"{"image_processor_type":"CLIPImageProcessorFast","size":336,"crop_size":336,"resample":3}"#)
        == new)
    #expect(try processor("{}").size == .shortestEdge(224))
    #expect(
      try processor(#"{"image_processor_type":"BlipImageProcessor","size":48}"#).size == .exactly(width: 48, height: 48)
    )

    let qwen = try processor(#"{"image_processor_type":"Qwen2VLImageProcessor","min_pixels":784,"max_pixels":9999}"#)
    #expect(qwen.size == .multiples(of: 28, pixels: 784...9999) && qwen.patches == PatchLayout())
    for size in [
      #""size":{"shortest_edge":784,"longest_edge":9999}"#, #""size":{"min_pixels":784,"max_pixels":9999}"#,
      #""size":{"shortest_edge":1,"longest_edge":9999},"min_pixels":784"#,
    ] {
      #expect(try processor(#"{"image_processor_type":"Qwen2_5_VLImageProcessor","patch_size":14,\#(size)}"#) == qwen)
      #expect(try processor(#"{"image_processor_type":"Qwen2VLImageProcessorFast","merge_size":2,\#(size)}"#) == qwen)
    }
  }

  @Test(arguments: [
    (
      #"{"image_processor_type":"ViTImageProcessor"}"#,
      "image_processor_type is \"ViTImageProcessor\", which is not read yet; read are CLIPImageProcessor, LlavaImageProcessor, LlavaNextImageProcessor, "
        + "SiglipImageProcessor, Qwen2VLImageProcessor, BitImageProcessor, BlipImageProcessor, ConvNextImageProcessor"
    ),
    (#"{"do_resize":1}"#, "do_resize must be true or false, found 1"),
    (
      #"{"size":{"longest_edge":3}}"#,
      "size must be a number, an object with shortest_edge, or one with height and width, found an object with longest_edge"
    ),
    (#"{"size":{"shortest_edge":0}}"#, "size.shortest_edge must be an integer from 1 to 65535, found 0"),
    (#"{"crop_size":{"height":7}}"#, "crop_size.width is missing; it must be an integer from 1 to 65535"),
    (#"{"resample":9}"#, "resample must be an integer from 0 to 5, found 9"),
    (#"{"image_mean":[0,0]}"#, "image_mean must be an array of 3 numbers, found an array of 2"),
    (
      #"{"image_processor_type":"SiglipImageProcessor","do_pad":true}"#,
      "do_pad must be false for a SiglipImageProcessor, found true"
    ),
    (
      #"{"image_processor_type":"LlavaNextImageProcessor","image_grid_pinpoints":[[224,300]]}"#,
      "image_grid_pinpoints must be pairs of multiples of 224, the side of a cell, found an array of 1"
    ),
    (
      #"{"image_processor_type":"LlavaNextImageProcessor","image_grid_pinpoints":[[224]]}"#,
      "image_grid_pinpoints must be an array of pairs of numbers, found an array of 1"
    ),
    (
      #"{"image_processor_type":"LlavaNextImageProcessor","image_grid_pinpoints":[[224,0]]}"#,
      "image_grid_pinpoints[0][1] must be an integer from 1 to 65535, found 0"
    ),
    (
      #"{"image_processor_type":"Qwen2VLImageProcessor","min_pixels":9,"max_pixels":8}"#,
      "min_pixels must be at most max_pixels, which is 8, found 9"
    ),
    (
      #"{"image_processor_type":"Qwen2VLImageProcessor","patch_size":0}"#,
      "patch_size must be an integer from 1 to 1024, found 0"
    ),
    (
      #"{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":99},"crop_pct":0}"#,
      "crop_pct must be a share of more than 0, usually 0.875, found 0"
    ),
    (#"{"image_std":[1,0,1]}"#, "image_std must be an array of numbers other than 0, found an array of 3"),
  ])
  func badConfigurationsAreNamed(_ text: String, _ expected: String) throws {
    let root = try JSON.parse(text, file: "p.json")
    #expect(message { _ = try ImageProcessor(Field(root, file: "p.json")) } == "p.json: " + expected)
  }

  @Test func aMissingConfigurationIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { _ = try ImageProcessor(FileSource(folder: folder.path)) }
        == "\(folder.path)/preprocessor_config.json: there is no such file; expected the image processor's configuration "
        + "(or processor_config.json with an image_processor)")
  }

  /// The released LLaVA code keeps in the model's configuration what it does with pictures.
  @Test func theModelsConfigurationIsFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.add(
      "preprocessor_config.json", #"{"image_processor_type":"CLIPImageProcessor","size":24,"crop_size":24}"#)
    func read(_ model: String) throws -> ImageProcessor {
      try folder.add("config.json", model)
      return try ImageProcessor(FileSource(folder: folder.path))
    }
    let plain = try read("{}")
    #expect(try read(#"{"image_aspect_ratio":"square"}"#) == plain && read(#"{"image_aspect_ratio":null}"#) == plain)
    // int(x · 255) of CLIP's mean.
    #expect(try read(#"{"image_aspect_ratio":"pad"}"#).square == [122, 116, 104])
    let anyres = try read(#"{"image_aspect_ratio":"anyres","image_grid_pinpoints":[[24,48],[72,24]]}"#)
    let canvases = [ImageProcessor.Cells.Canvas(width: 24, height: 48), .init(width: 72, height: 24)]
    #expect(anyres.cells == ImageProcessor.Cells(canvases: canvases, side: 24, whole: .init(width: 24, height: 24)))
    #expect(
      message { _ = try read(#"{"image_aspect_ratio":"anyres_max_9"}"#) }
        == "\(folder.path)/config.json: image_aspect_ratio must be \"pad\", \"anyres\" or \"square\", found "
        + "\"anyres_max_9\"")
  }

  /// What published folders say, in the files' own words.
  @Test func publishedConfigurations() throws {
    func read(_ text: String, _ file: String = "preprocessor_config.json") throws -> ImageProcessor {
      let folder = try TemporaryFolder()
      try folder.add(file, text)
      return try ImageProcessor(FileSource(folder: folder.path))
    }
    let clip = #""image_mean":[0.48145466,0.4578275,0.40821073],"image_std":[0.26862954,0.26130258,0.27577711]"#
    let next = try read(
      #"""
      {"aspect_ratio_setting":"anyres","crop_size":{"height":336,"width":336},"do_center_crop":true,"do_convert_rgb":true,
       "do_normalize":true,"do_rescale":true,"do_resize":true,"image_grid_pinpoints":[[336,672],[672,336],[672,672],
       [1008,336],[336,1008]],\#(clip),"image_processor_type":"LlavaNextImageProcessor",
       "processor_class":"LlavaNextProcessor","resample":3,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":336}}
      """#)
    #expect(next.cells?.side == 336 && next.cells?.canvases.count == 5 && next.size == .shortestEdge(336))
    let siglip = try read(
      #"""
      {"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],"image_processor_type":
       "SiglipImageProcessor","image_std":[0.5,0.5,0.5],"resample":3,"rescale_factor":0.00392156862745098,
       "size":{"height":384,"width":384},"processor_class":"SiglipProcessor"}
      """#)
    #expect(siglip.size == .exactly(width: 384, height: 384) && siglip.crop == nil)
    let nested = try read(
      #"""
      {"image_processor":{"image_processor_type":"Qwen2VLImageProcessor","do_pad":null,"crop_size":null,"merge_size":2,
       "patch_size":14,"size":{"longest_edge":12845056,"shortest_edge":3136},"temporal_patch_size":2,\#(clip)},
       "processor_class":"Qwen2_5_VLProcessor"}
      """#, "processor_config.json")
    #expect(nested.size == .multiples(of: 28, pixels: 3136...12_845_056) && nested.crop == nil)
    #expect(
      try read(#"{"crop_size":224,"feature_extractor_type":"CLIPFeatureExtractor","size":224}"#).crop?.width == 224)
  }
}
