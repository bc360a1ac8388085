"""Tokenizers against the `tokenizers` library, one thread each: python tokenizers_peer.py BENCH

Trains three kinds of vocabulary on what text the machine has (kept in .build-bench/tokenizers) and prints, for each, how
many times as fast reading the file, encoding a large text, and encoding it line by line are: again and again, and with a
tokenizer that has seen nothing before, for both sides remember words. Seconds are the processor's; sides take turns, and
the least of the rounds counts.
"""
import os, pathlib, subprocess, sys, sysconfig, time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
folder = pathlib.Path(".build-bench/tokenizers")
sys.path.insert(0, "scripts/fixtures")
RUNS = 3
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def gathered(limit):
    """Python's own sources, and those of what is installed beside it."""
    text, size = [], 0
    for root in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")):
        for path in sorted(pathlib.Path(root).rglob("*.py")):
            try: content = path.read_text(encoding="utf-8").replace("\r", "")
            except (UnicodeDecodeError, OSError): continue
            text.append(content)
            size += len(content.encode())
            if size > limit: return text
    return text


def prepare():
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from tokenizer_lines import lines
    folder.mkdir(parents=True, exist_ok=True)
    documents = gathered(60_000_000)
    scripts = "\n".join(lines(20_000, seed=3)).replace("\0", "").replace("\r", "")
    (folder / "text.txt").write_text("".join(documents)[:6_000_000] + scripts, encoding="utf-8", newline="")
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]

    def save(name, tokenizer, trainer, text):
        tokenizer.train_from_iterator(text, trainer)
        if name == "pieces": tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        tokenizer.save(str(folder / f"{name}.json"))

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    save("bytes", tokenizer, trainers.BpeTrainer(vocab_size=150_000, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
         documents + [scripts])
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    save("pieces", tokenizer, trainers.BpeTrainer(vocab_size=32_000, show_progress=False, limit_alphabet=3000, special_tokens=["<unk>"] + fallback),
         documents + [scripts])
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    save("unigram", tokenizer, trainers.UnigramTrainer(vocab_size=16_000, show_progress=False, unk_token="<unk>", special_tokens=["<unk>"]),
         documents[:150])


def seconds(body):
    start = time.process_time()
    body()
    return time.process_time() - start


def main():
    from tokenizers import Tokenizer
    if not (folder / "unigram.json").exists(): prepare()
    text = (folder / "text.txt").read_text(encoding="utf-8")
    lines, size = text.split("\n"), len(text.encode()) / 1e6
    for name, title in (("bytes", "byte-level BPE, 150,000 tokens"), ("pieces", "SentencePiece BPE, 32,000"), ("unigram", "Unigram, 16,000")):
        path = str(folder / f"{name}.json")
        tokenizer = Tokenizer.from_file(path)
        rounds = []
        for _ in range(RUNS):
            output = subprocess.run([sys.argv[1], "tokenizers", path, str(folder / "text.txt")], check=True, capture_output=True, text=True).stdout
            count, *ours = map(float, output.split())
            fresh = Tokenizer.from_file(path)
            rounds.append((ours, [
                seconds(lambda: Tokenizer.from_file(path)), seconds(lambda: tokenizer.encode(text, add_special_tokens=False)),
                seconds(lambda: [tokenizer.encode(line, add_special_tokens=False) for line in lines]),
                seconds(lambda: [fresh.encode(line, add_special_tokens=False) for line in lines])]))
        ours, theirs = ([min(times) for times in zip(*side)] for side in zip(*rounds))
        same = "" if count == len(tokenizer.encode(text, add_special_tokens=False).ids) else ", DIFFERENT NUMBERS OF TOKENS"
        print(f"{title}: {size:.1f} MB, {count:.0f} tokens{same}")
        print(f"  read      {theirs[0] / ours[0]:5.1f} times as fast, {ours[0] * 1e3:.0f} ms for {os.path.getsize(path) / 1e6:.1f} MB")
        for what, own, peer in (("one text ", ours[1], theirs[1]), ("its lines", ours[2], theirs[2]), ("at first ", ours[3], theirs[3])):
            print(f"  {what} {peer / own:5.1f} times as fast, {size / own:.1f} MB/s against {size / peer:.2f}")


main()
