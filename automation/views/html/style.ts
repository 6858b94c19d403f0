// The page's style sheet. Colours are named by what they mean and chosen to be read on both grounds (WCAG AA).

const light = `
--ground:#f6f7f9;--card:#fff;--ink:#1b2028;--dim:#5b6573;--line:#dfe3e8;--soft:#eef1f4;
--good:#14713f;--good-bg:#e2f4ea;--calm:#52606d;--calm-bg:#e9edf1;--bad:#b3261e;--bad-bg:#fdeaea;
--warn:#8a5a00;--warn-bg:#fdf1d8;--idle:#6b7480;--idle-bg:#f0f2f4;--link:#0b5cad;--critical:#6f3fd1;--critical-bg:#f0eafc;
--shadow:0 1px 2px rgb(20 30 45/.06),0 4px 16px rgb(20 30 45/.05);`;
const dark = `
--ground:#0f1318;--card:#171c23;--ink:#e5e9ef;--dim:#9aa6b4;--line:#2a323c;--soft:#1f262f;
--good:#57c98c;--good-bg:#12301f;--calm:#a3afbc;--calm-bg:#252d36;--bad:#ff8a80;--bad-bg:#3a1718;
--warn:#e8b64c;--warn-bg:#35280d;--idle:#8d98a5;--idle-bg:#1d242c;--link:#7ab8f5;--critical:#bd9bff;--critical-bg:#2a2042;
--shadow:none;`;

export const style = `
:root{color-scheme:light;${light}}
:root[data-theme=dark]{color-scheme:dark;${dark}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${dark}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:16px}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
main,header.top,footer{max-width:1240px;margin:0 auto;padding:0 24px}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
a{color:var(--link)}
summary:focus-visible{outline-offset:-2px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
h1{font-size:26px;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:17px;margin:0}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.dim{color:var(--dim)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.skip{position:absolute;left:-9999px}.skip:focus{left:16px;top:8px;background:var(--card);padding:8px 12px;z-index:9}
header.top{padding-top:28px;padding-bottom:4px;display:flex;gap:16px;flex-wrap:wrap;align-items:flex-start;justify-content:space-between}
header.top h1{display:flex;gap:12px;align-items:center;flex-wrap:wrap}
.brand{color:var(--dim);font-weight:500}
.pill{display:inline-flex;gap:6px;align-items:center;border-radius:999px;padding:3px 12px;font-size:13px;font-weight:600;line-height:1.5}
.pill.good{color:var(--good);background:var(--good-bg)}.pill.bad{color:var(--bad);background:var(--bad-bg)}
.pill.warn{color:var(--warn);background:var(--warn-bg)}.pill.calm{color:var(--calm);background:var(--calm-bg)}
.meta{margin:8px 0 0;color:var(--dim);font-size:13.5px}
.meta code{color:var(--ink)}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:5px 12px;cursor:pointer}
button:hover{border-color:var(--dim)}
button[aria-pressed=true]{background:var(--ink);color:var(--card);border-color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin:20px 0}
.card,section{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shadow)}
.card{padding:14px 18px}
.card dt{color:var(--dim);font-size:12.5px}
.card dd{margin:2px 0 0;font-size:24px;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card small{display:block;font-size:12.5px;font-weight:400;color:var(--dim);letter-spacing:0}
.meter{display:flex;height:8px;border-radius:4px;overflow:hidden;gap:2px;margin-top:10px}
.meter i{display:block;min-width:4px}
.meter .good{background:var(--good)}.meter .calm{background:var(--calm)}.meter .bad{background:var(--bad)}.meter .warn{background:var(--warn)}.meter .idle{background:var(--idle);opacity:.5}
section{margin:0 0 18px;overflow:clip}
section>.head{display:flex;flex-wrap:wrap;gap:10px 16px;align-items:center;justify-content:space-between;padding:14px 18px;border-bottom:1px solid var(--line)}
.note{color:var(--dim);font-size:13px;margin:0}
section>.note{padding:10px 18px}
section.trouble{border-color:var(--bad)}
section.trouble .one{padding:12px 18px;border-top:1px solid var(--line)}
section.trouble .one:first-of-type{border-top:0}
.failure{background:var(--bad-bg);border-radius:10px;padding:10px 14px;margin:6px 0}
.failure pre{margin:0;color:var(--bad);white-space:pre-wrap;overflow-wrap:anywhere;font-weight:600}
.failure p{margin:4px 0 0;font-size:13.5px}
.scroll{overflow:auto;max-height:min(70vh,760px)}
.graph{display:block;margin:0 auto;font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.graph.large{font-size:10.5px}
.graph text{dominant-baseline:central;fill:var(--ink);pointer-events:none}
.graph .sign{text-anchor:middle;font-weight:700}
.graph rect{fill:var(--card);stroke:var(--line);stroke-width:1.25}
.graph .good rect{fill:var(--good-bg);stroke:color-mix(in srgb,var(--good) 45%,transparent)}.graph .good .sign{fill:var(--good)}
.graph .calm rect{fill:var(--calm-bg)}.graph .calm .sign{fill:var(--calm)}
.graph .bad rect{fill:var(--bad-bg);stroke:var(--bad)}.graph .bad .sign{fill:var(--bad)}
.graph .warn rect{fill:var(--warn-bg);stroke:color-mix(in srgb,var(--warn) 45%,transparent)}.graph .warn .sign{fill:var(--warn)}
.graph .idle rect{stroke-dasharray:3 3}.graph .idle text{fill:var(--dim)}
.graph .node.critical rect{stroke:var(--critical);stroke-width:2}
.graph .node:hover rect,.graph .node:focus-visible rect{stroke:var(--link);stroke-width:2.5}
.graph .node:focus-visible{outline:none}
.edges path{fill:none;stroke:var(--dim);stroke-opacity:.45;stroke-width:1.25}
.graph.large .edges path{stroke-opacity:.13}
.edges path.critical,.graph.large .edges path.critical{stroke:var(--critical);stroke-opacity:.95;stroke-width:2.25}
.graph.picked .edges path{stroke-opacity:.06}
.graph.picked .edges path.near{stroke:var(--link);stroke-opacity:1;stroke-width:2}
.graph.picked .node:not(.near){opacity:.35}
.legend{display:flex;gap:14px;flex-wrap:wrap;color:var(--dim);font-size:12.5px}
.legend b{color:var(--critical)}
.legend .round{display:inline-block;width:22px;height:11px;border:1.5px solid var(--dim);border-radius:6px;vertical-align:-1px}
.timeline{max-height:min(70vh,760px);overflow:auto;padding:0 18px 12px}
.timeline ol{list-style:none;margin:0;padding:0}
.timeline li,.axis{display:grid;grid-template-columns:minmax(110px,24%) 1fr;gap:14px;align-items:center}
.timeline li{height:26px;content-visibility:auto;contain-intrinsic-height:26px}
.timeline li:hover{background:var(--soft);border-radius:6px}
.timeline a{color:var(--ink);text-decoration:none;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:13.5px}
.timeline a:hover{text-decoration:underline}
.timeline .sign{display:inline-block;width:20px;font-weight:700}
.timeline .good .sign{color:var(--good)}.timeline .bad .sign{color:var(--bad)}.timeline .warn .sign{color:var(--warn)}.timeline .calm .sign,.timeline .idle .sign{color:var(--calm)}
.timeline .critical a{font-weight:650}
.track{position:relative;height:100%;margin-right:8px}
.axis{position:sticky;top:0;background:var(--card);height:32px;z-index:2;border-bottom:1px solid var(--line);margin-bottom:6px;font-size:12px;color:var(--dim)}
.axis .track span{position:absolute;bottom:4px;border-left:1px solid var(--line);padding-left:5px;font-variant-numeric:tabular-nums}
.bar,.queue{position:absolute;top:7px;height:12px;border-radius:4px;min-width:3px;background:var(--calm)}
.good .bar{background:var(--good)}.bad .bar{background:var(--bad)}.warn .bar{background:var(--warn)}
.critical .bar{box-shadow:0 0 0 2px var(--card),0 0 0 4px var(--critical)}
.queue{top:12px;height:2px;background:repeating-linear-gradient(90deg,var(--dim) 0 4px,transparent 4px 8px)}
.label{position:absolute;top:3px;padding:0 9px;font-size:12px;color:var(--dim);white-space:nowrap;font-variant-numeric:tabular-nums}
.tools{display:flex;gap:8px;flex-wrap:wrap;align-items:center}
input[type=search]{font:inherit;font-size:14px;color:var(--ink);background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:5px 12px;width:min(240px,60vw)}
details.stack{color:var(--ink)}.stack.bad>summary .name{color:var(--bad)}
.stack{border-top:1px solid var(--line);content-visibility:auto;contain-intrinsic-height:auto 44px}
.stack:first-child{border-top:0}
.stack>summary{display:flex;gap:10px;align-items:center;padding:9px 18px;cursor:pointer;list-style:none;min-height:44px;flex-wrap:wrap}
summary::-webkit-details-marker{display:none}
.stack>summary:hover{background:var(--soft)}
.stack>summary::before{content:"";border:5px solid transparent;border-left-color:var(--dim);margin-right:-4px;transition:transform .12s}
.stack[open]>summary::before{transform:rotate(90deg) translateX(2px)}
.stack .sign{width:22px;height:22px;border-radius:50%;display:inline-grid;place-items:center;font-size:12px;font-weight:700;flex:none}
.stack.good>summary .sign{color:var(--good);background:var(--good-bg)}.stack.calm>summary .sign{color:var(--calm);background:var(--calm-bg)}
.stack.bad>summary .sign{color:var(--bad);background:var(--bad-bg)}.stack.warn>summary .sign{color:var(--warn);background:var(--warn-bg)}
.stack.idle>summary .sign{color:var(--idle);background:var(--idle-bg)}
.stack .name{font-weight:600;overflow-wrap:anywhere}
.critical-mark,.legend b{color:var(--critical);font-weight:400}
.stack .kind{border:1px solid var(--line);border-radius:999px;padding:0 8px;color:var(--dim);font-size:12px}
.stack .word{color:var(--dim);font-size:13.5px}
.stack.bad>summary .word{color:var(--bad)}
.stack .reason{color:var(--dim);font-size:13.5px;flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.stack .time{color:var(--dim);font-size:13.5px;font-variant-numeric:tabular-nums;margin-left:auto}
.chip{border-radius:6px;padding:1px 7px;font-size:12.5px;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.chip.create{color:var(--good);background:var(--good-bg)}.chip.update{color:var(--warn);background:var(--warn-bg)}
.chip.replace{color:var(--critical);background:var(--critical-bg)}.chip.delete{color:var(--bad);background:var(--bad-bg)}
.card .chip{font-size:16px;margin-right:6px}
.body{padding:2px 18px 14px 50px}
.body p{margin:8px 0;font-size:13.5px;overflow-wrap:anywhere}
.tree,.tree ul{list-style:none;margin:0;padding:0}
.tree{margin:6px 0;font-size:13.5px}
.tree ul{margin-left:9px;padding-left:16px;border-left:1px solid var(--line)}
.tree li{padding:1.5px 0;overflow-wrap:anywhere}
.op{display:inline-block;min-width:20px;font-weight:700;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.op.create{color:var(--good)}.op.update{color:var(--warn)}.op.replace{color:var(--critical)}.op.delete{color:var(--bad)}
.type{color:var(--dim)}
.paths code,.body p code{background:var(--soft);border-radius:5px;padding:1px 6px}
.said{padding-left:18px;font-size:13.5px}.said span{white-space:pre-wrap}
.drift{border-collapse:collapse;font-size:13.5px;margin:8px 0;display:block;overflow-x:auto}
.drift caption{text-align:left;color:var(--dim);padding-bottom:4px}
.drift th{text-align:left;color:var(--dim);font-weight:500}
.drift th,.drift td{padding:4px 16px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
.log summary{cursor:pointer;color:var(--link);font-size:13.5px}
.log pre{background:var(--ground);border:1px solid var(--line);border-radius:10px;padding:12px 14px;max-height:420px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;font-size:12.5px;line-height:1.45}
.none{padding:16px 18px;color:var(--dim)}
footer{padding-top:6px;padding-bottom:32px;color:var(--dim);font-size:12.5px}
[hidden]{display:none!important}
@media (max-width:640px){.cards{grid-template-columns:1fr 1fr;gap:10px}.card{padding:10px 12px}.card dd{font-size:20px}main,header.top,footer{padding-left:12px;padding-right:12px}.body{padding-left:18px}.timeline li,.axis{grid-template-columns:38% 1fr;gap:8px}.stack .reason{flex-basis:100%;white-space:normal}.stack .reason:empty{display:none}}
@media print{body{background:#fff}.tools,.theme{display:none}.scroll,.timeline{max-height:none;overflow:visible}}
@media (forced-colors:active){.bar,.meter i{background:CanvasText;forced-color-adjust:none}}
`;
