/// The templates that are known by name. Their strings are those of LLaVA's `conversation.py` and of the TinyLLaVA
/// factory; `docs/reference/templates.md` tells them apart.
extension Template {
  public static let all = [
    minivlm, vicuna, phi, llama2, llavaLlama2, mistralInstruct, chatMLDirect, qwen2VL, plain, llavaPlain,
  ]

  /// What the embedded miniature was trained on.
  public static let minivlm = Template(
    name: "minivlm",
    "{{ bos_token }}{{ system ~ ' ' if system }}{% for m in messages %}{{ ' ' if not loop.first }}"
      + "{% if m.role == 'user' %}{{ 'user : ' }}{% for image in m.images %}{{ image ~ ' ' }}{% endfor %}{{ m.text }}"
      + "{% else %}{{ 'assistant : ' ~ m.text }}{% endif %}{% endfor %}{{ ' assistant :' if add_generation_prompt }}")

  /// The conversation of LLaVA-1.5, which Vicuna v1.1 introduced.
  public static let vicuna = Template(
    name: "vicuna_v1",
    "{{ beginning }}{{ system | default(\"\(curious)\") }}{{ ' ' }}{% for m in messages %}{% if m.role == 'user' %}"
      + "{{ 'USER: ' }}{% for image in m.images %}{{ image ~ '\\n' }}{% endfor %}{{ m.text ~ ' ' }}"
      + "{% else %}{{ 'ASSISTANT: ' ~ m.text ~ '</s>' }}{% endif %}{% endfor %}{{ 'ASSISTANT:' if add_generation_prompt }}"
  )

  /// The same conversation as the TinyLLaVA factory lays it out for Phi-2, where a question with images is stripped.
  public static let phi = Template(
    name: "phi",
    "{{ beginning }}{{ system | default(\"\(curious)\") }}{{ ' ' }}{% for m in messages %}{% if m.role == 'user' %}"
      + "{{ 'USER: ' }}{% set text = m.text.strip() if m.images else m.text %}{% for image in m.images %}"
      + "{{ image }}{{ '\\n' if text or not loop.last }}{% endfor %}{{ text ~ ' ' }}"
      + "{% else %}{{ 'ASSISTANT: ' ~ m.text ~ '<|endoftext|>' }}{% endif %}{% endfor %}"
      + "{{ 'ASSISTANT:' if add_generation_prompt }}")

  /// Llama 2 as LLaVA names it, with the system message that Llama 2 was published with.
  public static let llama2 = Template(name: "llama_2", instructions(system: helpful, separator: "<s>"))

  /// Llama 2 with LLaVA's own system message.
  public static let llavaLlama2 = Template(name: "llava_llama_2", instructions(system: visual, separator: "<s>"))

  public static let mistralInstruct = Template(name: "mistral_instruct", instructions(system: "", separator: ""))

  public static let chatMLDirect = Template(
    name: "chatml_direct",
    "{{ beginning }}{{ '<|im_start|>system\\n' ~ (system | default('Answer the questions.')) ~ '<|im_end|>' }}"
      + "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\\n' }}{% for image in m.images %}{{ image ~ '\\n' }}"
      + "{% endfor %}{{ m.text ~ '<|im_end|>' }}{% endfor %}{{ '<|im_start|>assistant\\n' if add_generation_prompt }}")

  /// What the chat template of Qwen2-VL and Qwen2.5-VL makes of a conversation.
  public static let qwen2VL = Template(
    name: "qwen2_vl",
    "{{ '<|im_start|>system\\n' ~ (system | default('You are a helpful assistant.')) ~ '<|im_end|>\\n' }}"
      + "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\\n' }}"
      + "{% for image in m.images %}{{ '<|vision_start|>' ~ image ~ '<|vision_end|>' }}{% endfor %}"
      + "{{ m.text ~ '<|im_end|>\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n' if add_generation_prompt }}")

  /// The images and the texts as they are, one after the other.
  public static let plain = Template(
    name: "plain",
    "{{ beginning }}{{ system ~ '\\n' if system }}{% for m in messages %}{{ '\\n' if not loop.first }}"
      + "{% for image in m.images %}{{ image ~ '\\n' }}{% endfor %}{{ m.text }}{% endfor %}")

  /// What LLaVA calls plain, for pretraining: every text ends its line.
  public static let llavaPlain = Template(
    name: "llava_plain",
    "{{ beginning }}{{ system }}{% for m in messages %}{% for image in m.images %}{{ image }}"
      + "{{ '\\n' if m.text or not loop.last }}{% endfor %}{{ m.text ~ '\\n' }}{% endfor %}")

  private static let curious =
    "A chat between a curious user and an artificial intelligence assistant. "
    + "The assistant gives helpful, detailed, and polite answers to the user's questions."

  private static let visual =
    "You are a helpful language and vision assistant. You are able to understand the visual content that the user "
    + "provides, and assist the user with a variety of tasks using natural language."

  private static let helpful =
    "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe.  Your "
    + "answers should not include any harmful, unethical, racist, sexist, toxic, dangerous, or illegal content. Please "
    + "ensure that your responses are socially unbiased and positive in nature.\\n\\nIf a question does not make any sense, "
    + "or is not factually coherent, explain why instead of answering something not correct. If you don't know the answer "
    + "to a question, please don't share false information."

  private static func instructions(system: String, separator: String) -> String {
    "{{ beginning }}{% set system = system | default(\"\(system)\") %}{% for m in messages %}{% if m.role == 'user' %}"
      + "{{ '\(separator)' if not loop.first }}{{ '[INST] ' }}"
      + "{% if loop.first and system %}{{ '<<SYS>>\\n' ~ system ~ '\\n<</SYS>>\\n\\n' }}{% endif %}"
      + "{% for image in m.images %}{{ image ~ '\\n' }}{% endfor %}{{ m.text ~ ' [/INST]' }}"
      + "{% else %}{{ ' ' ~ m.text ~ ' </s>' }}{% endif %}{% endfor %}"
  }
}
