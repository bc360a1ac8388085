extension Page {
  static let style = """
    :root{--paper:#fcfcfa;--raised:#fff;--ink:#1b1d20;--soft:#62666d;--line:#e2e2dd;--accent:#0b62a8;--mark:#ffe58a;--mark-ink:#1b1d20}
    @media (prefers-color-scheme:dark){:root{--paper:#15171a;--raised:#1c1f23;--ink:#e7e7e3;--soft:#9aa0a8;--line:#2f343a;--accent:#7db8ec;--mark:#6d5a12;--mark-ink:#fff}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0 auto;max-width:50rem;padding:3rem 1.5rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.6 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","DejaVu Sans",sans-serif}
    header{border-bottom:2px solid var(--ink);padding-bottom:1rem;margin-bottom:2.5rem}
    h1{font-size:2rem;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:0;overflow-wrap:anywhere}
    header p{margin:.4rem 0 0;color:var(--soft)}
    section{margin:0 0 3rem}
    h2{font-size:1.15rem;line-height:1.3;font-weight:650;margin:0 0 .9rem;overflow-wrap:anywhere}
    p{margin:0 0 .8rem;max-width:42rem;overflow-wrap:anywhere}
    dl{display:grid;grid-template-columns:fit-content(11rem) minmax(0,1fr);gap:.3rem 1.5rem;margin:0}
    dt{color:var(--soft);overflow-wrap:anywhere}
    dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
    .numbers{display:flex;flex-wrap:wrap;gap:.8rem 2.6rem;margin:0 0 1.2rem}
    .numbers b{display:block;font-size:1.6rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
    .numbers span{color:var(--soft);font-size:.875rem}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.9375rem;line-height:1.4;font-variant-numeric:tabular-nums;margin:0 0 .5rem}
    th,td{padding:.35rem 1.6rem .35rem 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--line)}
    th:last-child,td:last-child{padding-right:0}
    th{font-weight:600;color:var(--soft);border-bottom:1px solid var(--soft);white-space:nowrap}
    .number{text-align:right;white-space:nowrap}
    .missing,.note,figcaption{color:var(--soft)}
    .note,figcaption{font-size:.875rem;line-height:1.5}
    pre{margin:0;padding:1rem 1.2rem;background:var(--raised);border:1px solid var(--line);border-radius:6px;overflow-x:auto;font:.8125rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;tab-size:4}
    pre+pre{margin-top:.8rem}
    .code .comment{color:var(--soft);font-style:italic}
    .code .string{color:#1a7f4b}
    .code .number{color:#9a5a00;text-align:inherit}
    .code .keyword{color:var(--accent);font-weight:600}
    .code .path{color:#8a3ea8}
    @media (prefers-color-scheme:dark){.code .string{color:#7fcf9f}.code .number{color:#e0ae68}.code .path{color:#d0a2e6}}
    figure{margin:0 0 1.4rem;overflow-x:auto}
    figcaption{margin-top:.5rem;max-width:42rem}
    details{margin:0 0 1rem}
    summary{cursor:pointer;color:var(--accent);font-size:.9375rem;margin-bottom:.5rem}
    .stage{position:relative;max-width:100%;overflow:hidden;border-radius:4px;background:var(--line)}
    .stage img{display:block;width:100%;height:100%}
    .stage img.sharp{image-rendering:pixelated}
    .stage canvas,.stage .marks{position:absolute;inset:0;width:100%;height:100%;max-width:none}
    .marks rect{fill:#ffd84d;fill-opacity:.42;stroke:#7a5a00;stroke-opacity:.7;stroke-width:1px;vector-effect:non-scaling-stroke}
    .marked{display:flex;flex-wrap:wrap;gap:1rem 1.6rem;align-items:flex-start}
    .marked .stage{flex:none;max-width:14rem}
    .marked .prompt{flex:1 1 18rem;margin:0}
    .marked figcaption{flex:1 1 100%;margin-top:0}
    .prompt{line-height:2.05}
    .token{padding:.12rem .3rem;border-radius:4px;border:1px solid transparent;white-space:pre-wrap}
    .token.system,.token.template{color:var(--soft);font-size:.875rem}
    .token.image,.token.virtual{border-color:var(--line);background:var(--raised);font-size:.875rem}
    .token.generated{border-bottom:2px solid var(--accent);border-radius:4px 4px 0 0}
    .token.selected{background:var(--mark);color:var(--mark-ink)}
    .attention{display:flex;flex-wrap:wrap;gap:1.2rem 2rem;align-items:flex-start}
    .attention .stage{flex:none}
    .attention .controls{flex:1 1 14rem;min-width:14rem}
    .attention img{filter:grayscale(.8)}
    .reading{margin:0 0 .8rem;min-height:4.8em;font-variant-numeric:tabular-nums}
    .reading b{display:block;font-size:1.25rem;font-weight:600}
    .strip{display:flex;align-items:flex-end;height:56px}
    .strip i{flex:1;background:var(--line);border:solid var(--paper);border-width:0 1px;border-radius:3px 3px 0 0;cursor:pointer}
    .strip i.on{background:var(--accent)}
    input[type=range]{display:block;width:calc(100% - 100%/var(--n) + 16px);margin:.3rem 0 1rem calc(50%/var(--n) - 8px);accent-color:var(--accent)}
    .queries{display:flex;flex-wrap:wrap;gap:.35rem;margin:0 0 .8rem}
    .queries input{position:absolute;opacity:0;width:1px;height:1px}
    .queries span{display:inline-block;padding:.1rem .6rem;border:1px solid var(--line);border-radius:1rem;font-size:.875rem;cursor:pointer}
    .queries input:checked+span{background:var(--accent);border-color:var(--accent);color:var(--paper)}
    .queries input:focus-visible+span{outline:2px solid var(--accent);outline-offset:2px}
    footer{border-top:1px solid var(--line);padding-top:.8rem;color:var(--soft);font-size:.8125rem}
    @media screen and (max-width:40rem){
    body{padding:1.5rem 1rem 3rem}
    h1{font-size:1.5rem}
    figure>svg{min-width:36rem}
    }
    @media print{
    :root{--paper:#fff;--raised:#fff;--ink:#000;--soft:#555;--line:#ccc;--accent:#0b62a8;--mark:#ffe58a;--mark-ink:#000}
    body{max-width:none;padding:0;font-size:10.5pt}
    section{margin-bottom:1.6rem}
    h2{break-after:avoid}
    figure,tr,.numbers{break-inside:avoid}
    .scroll,pre,figure{overflow:visible}
    pre{white-space:pre-wrap;overflow-wrap:anywhere}
    .attention .controls{flex-basis:12rem;min-width:12rem}
    .attention .stage{max-width:22rem}
    .stage,.strip i,.token{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    input[type=range]{display:none}
    }
    """
}
