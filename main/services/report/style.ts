/** The style sheet of the report: dark text on light, one column of cards, two where there is room, plain when printed. */
export const style = `
:root { --ink: #1b2430; --soft: #4d5866; --line: #d5dbe3; --paper: #ffffff; --ground: #f3f5f8; --accent: #174f8f; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 1.28rem; margin: 0 0 14px; }
h3 { font-size: 1.02rem; margin: 22px 0 8px; }
p { margin: 0 0 10px; max-width: 78ch; } p, li, h2, h3 { overflow-wrap: anywhere; }
.lead { color: var(--soft); margin: 0; max-width: none; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .9rem; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px; margin: 20px 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin: 16px 0 18px; padding: 0; }
.fact { border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.fact dt { color: var(--soft); font-size: .86rem; }
.fact dd { margin: 0; font-size: 1.55rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.25; }
.fact dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); line-height: 1.35; }
.verdicts { list-style: none; padding: 0; margin: 12px 0 0; display: grid; gap: 8px; }
.verdicts li { border-left: 5px solid var(--line); padding: 4px 0 4px 12px; }
.verdicts .good { border-color: #2b7a4b; } .verdicts .fair { border-color: #b7791f; } .verdicts .poor { border-color: #b3362b; }
.warnings { border-color: #b7791f; background: #fff8ea; }
.warnings ul { margin: 0; padding-left: 20px; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 20px; align-items: start; }
figure { margin: 0; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: 6px; overflow-wrap: anywhere; }
.picture { position: relative; line-height: 0; background: repeating-conic-gradient(#e4e8ee 0 25%, #f7f8fa 0 50%) 0 0 / 16px 16px; border: 1px solid var(--line); margin: 0 auto; }
.picture img { width: 100%; height: auto; display: block; }
.picture img.sharp { image-rendering: pixelated; }
.triptych { display: grid; grid-template-columns: repeat(3, 1fr); gap: 3px; }
.triptych .picture { margin: 0; }
.picture svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.over { font-family: inherit; font-weight: 700; fill: #10161e; stroke: #ffffff; stroke-width: 6px; paint-order: stroke; stroke-linejoin: round; }
.scroll { overflow-x: auto; }
.scroll:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; }
caption { text-align: left; color: var(--soft); font-size: .9rem; padding-bottom: 8px; max-width: 90ch; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--line); vertical-align: middle; }
th { font-weight: 600; }
tbody th, th.left, td.left { text-align: left; }
table.wide { width: 100%; } .wide tbody th { min-width: 235px; }
.swatch { display: inline-block; min-width: 2em; padding: 0 4px; margin-right: 9px; border: 1px solid #10161e; border-radius: 4px; text-align: center; font-size: .84rem; font-weight: 700; line-height: 1.5; }
.bar { display: block; width: 100%; min-width: 130px; height: 16px; }
.matrix { font-size: .86rem; } .matrix td, .matrix th { border: 1px solid var(--line); padding: 4px 5px; }
.matrix tbody th[scope=row] { white-space: nowrap; max-width: 220px; overflow: hidden; text-overflow: ellipsis; position: sticky; left: 0; background: var(--paper); }
.matrix td.zero { color: var(--soft); }
.matrix .axis-name { text-align: left; background: #eaf0f7; } .matrix .axis-name span { position: sticky; left: 45%; }
.matrix th.reference-axis { background: #eaf0f7; writing-mode: vertical-rl; transform: rotate(180deg); text-align: center; padding: 8px 4px; }
.matrix td.hit { font-weight: 700; } .matrix thead .swatch { margin: 0; } .matrix .total.wrap { max-width: 84px; }
.matrix .total { background: #f3f5f8; }
.small-charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 18px; }
.small-charts h3 { margin: 0 0 4px; font-size: .95rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 24px; }
svg.chart { width: 100%; height: auto; display: block; }
svg .grid { stroke: #e3e8ee; } svg .axis { stroke: #6a7685; } svg .mark { stroke: #6a7685; stroke-dasharray: 3 3; }
svg .tick { font-size: 12px; fill: #4d5866; } svg .axis-label { font-size: 13px; fill: #1b2430; }
svg .other { fill: none; stroke: #d3d9e1; stroke-width: 1; } svg .outline { fill: none; stroke: #1b2430; stroke-width: 3.4; }
dl.card { display: grid; grid-template-columns: minmax(140px, max-content) 1fr; gap: 6px 20px; margin: 0; }
dl.card dt { color: var(--soft); } dl.card dd { margin: 0; overflow-wrap: anywhere; }
.badge { display: inline-block; background: #eaf0f7; color: var(--accent); border: 1px solid #b9cbe2; border-radius: 999px; padding: 1px 12px; font-size: .86rem; font-weight: 600; }
summary { cursor: pointer; color: var(--accent); font-weight: 600; }
details[open] > summary { margin-bottom: 12px; }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 14px; font: 13px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow: auto; max-height: 520px; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: .88rem; padding-bottom: 40px; }
@media print {
  body { background: #fff; font-size: 11pt; } main, header, footer { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin: 0 0 18pt; } figure, tr, .fact, .small-charts > div { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .maps, .two { grid-template-columns: 1fr 1fr; } .small-charts { grid-template-columns: repeat(4, 1fr); gap: 10pt; } .facts { grid-template-columns: repeat(5, 1fr); }
  table { font-size: 8.5pt; } th, td { padding: 2pt 4pt; } .wide tbody th { min-width: 0; } .matrix { font-size: 6.4pt; } .matrix td, .matrix th { padding: 2pt; } .matrix tbody th[scope=row] { max-width: 90pt; }
  .scroll { overflow: visible; } pre { max-height: none; } td, .swatch, .picture, .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
