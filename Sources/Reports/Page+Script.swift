extension Page {
  /// Draws the attention of the layer and the token that are chosen. Without it the pictures show nothing over them; all else stays.
  static let script = """
    "use strict";
    for (const figure of document.querySelectorAll(".attention")) {
      const data = figure.dataset;
      const list = text => text === "" ? [] : text.split(",").map(Number);
      const bytes = Uint8Array.from(atob(data.values), c => c.charCodeAt(0));
      const boxes = list(data.boxes), layers = list(data.layers), peaks = list(data.peaks), shares = list(data.shares);
      const queries = Number(data.queries), patches = boxes.length / 4;
      const canvas = figure.querySelector("canvas"), slider = figure.querySelector("input[type=range]");
      const scale = Math.max(1, Math.ceil(768 / Math.max(data.width, data.height)));
      canvas.width = data.width * scale;
      canvas.height = data.height * scale;
      const context = canvas.getContext("2d");
      const radios = [...figure.querySelectorAll("input[type=radio]")];
      const bars = [...figure.querySelectorAll(".strip i")];
      const reading = figure.querySelector(".reading");
      const percent = x => (100 * x).toFixed(1) + " %";
      const name = "attention-" + Math.random();
      for (const radio of radios) radio.name = name;
      if (radios.length) radios[0].checked = true;
      const draw = () => {
        const layer = Number(slider.value), query = Math.max(0, radios.findIndex(r => r.checked));
        const map = layer * queries + query;
        context.clearRect(0, 0, canvas.width, canvas.height);
        for (let patch = 0; patch < patches; patch++) {
          const v = bytes[map * patches + patch] / 255;
          if (v === 0) continue;
          // From nothing over yellow to red.
          context.fillStyle = `rgba(255,${Math.round(235 - 205 * v)},${Math.round(60 * (1 - v))},${0.08 + 0.57 * v})`;
          const [x0, y0, x1, y1] = boxes.slice(4 * patch, 4 * patch + 4).map(x => Math.round(x * scale));
          context.fillRect(x0, y0, x1 - x0, y1 - y0);
        }
        bars.forEach((bar, index) => bar.classList.toggle("on", index === layer));
        reading.replaceChildren();
        const head = document.createElement("b");
        head.textContent = "Layer " + layers[layer];
        reading.append(head, percent(shares[map]) + " of the attention goes to the picture; the patch with most gets "
          + percent(peaks[map]) + ".");
      };
      slider.addEventListener("input", draw);
      bars.forEach((bar, index) => bar.addEventListener("click", () => { slider.value = index; draw(); }));
      for (const radio of radios) radio.addEventListener("change", draw);
      draw();
    }
    """
}
