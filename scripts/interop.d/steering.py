"""What the round trips share: running steersh, comparing logits."""

import os
import pathlib
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Logits of these models go up to 12; f32 sums in another order differ by some 1e-5.
TOLERANCE = 1e-4


def steersh(script, folder):
    """Runs a script in a folder; its output where it fails."""
    path = pathlib.Path(folder) / "script.steer"
    path.write_text(script)
    done = subprocess.run([os.environ["STEERSH"], "run", path.name], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"steersh failed:\n{done.stdout}\n{done.stderr}\nin\n{script}"
    return done.stdout


def compare(what, found, expected, moved):
    """Prints and asserts that two arrays of logits agree, and that the intervention did something."""
    found, expected = np.asarray(found, np.float32), np.asarray(expected, np.float32)
    rows = min(len(found), len(expected))
    worst = float(np.abs(found[-rows:] - expected[-rows:]).max())
    print(f"{what}: differs by {worst:.1e}, moved by {moved:.2f}")
    assert moved > 0.05, f"{what} changes nothing"
    assert worst < TOLERANCE, what


def scene(folder):
    """The picture that the prompts ask about, as a file; and as a Pillow image."""
    from PIL import Image

    sheet = Image.open(ROOT / "Tests/Fixtures/minivlm/scenes.png").convert("RGB")
    row, column = divmod(3, sheet.width // 48)
    tile = sheet.crop((column * 48, row * 48, column * 48 + 48, row * 48 + 48))
    tile.save(pathlib.Path(folder) / "scene.png")
    return tile
