/** The style of report.html: light and dark, wide and phone, screen and paper. */
import { cssColors } from './palette.js';

export const STYLE = `
:root{color-scheme:light dark;${cssColors('light')}--page:#f6f7f9;--accent:#0068a8;--good:#00704f;--bad:#b3261e;--warn:#8a5a00;--line:#dfe4ea}
@media (prefers-color-scheme:dark){:root{${cssColors('dark')}--page:#0e1217;--accent:#5cb8f0;--good:#37c79c;--bad:#ff8a80;--warn:#f2bd4b;--line:#2a323d}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 Inter,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:66rem;margin:0 auto;padding:2.2rem 1.2rem 3rem}
header .kind{margin:0;color:var(--ink-soft);font-size:.85rem;letter-spacing:.06em;text-transform:uppercase}
h1{margin:.1rem 0 .9rem;font-size:clamp(1.7rem,4vw,2.3rem);line-height:1.15;letter-spacing:-.02em}
h2{margin:0 0 .2rem;font-size:1.2rem;letter-spacing:-.01em}
h3{margin:1.4rem 0 .3rem;font-size:1rem}
p{margin:.4rem 0}
.answers p{font-size:1.06rem;max-width:46rem}
.answers p:first-child{font-size:1.28rem;line-height:1.42;font-weight:600;letter-spacing:-.01em}
.caption{color:var(--ink-soft);font-size:.92rem;max-width:46rem}
.paper{max-width:46rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1.3rem 0 0;padding:0}
.tile{background:var(--paper);border:1px solid var(--line);border-radius:.7rem;padding:.7rem .9rem}
.tile dt{color:var(--ink-soft);font-size:.82rem}
.tile dd{margin:0;font-size:1.25rem;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.tile small{display:block;color:var(--ink-soft);font-weight:400;font-size:.8rem;letter-spacing:0}
section{background:var(--paper);border:1px solid var(--line);border-radius:.9rem;padding:1.2rem 1.3rem;margin:1.1rem 0 0}
figure{margin:.8rem 0 0}
figure svg{display:block;max-width:100%;height:auto;margin:0 auto}
figure svg text{font-family:inherit!important}
.narrow{display:none}
.scroll{overflow-x:auto;margin:.7rem -.4rem 0;padding:0 .4rem;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{padding:.34rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
th{color:var(--ink-soft);font-weight:500}
thead th{white-space:normal;border-bottom:1px solid var(--ink-soft);vertical-align:bottom}
tbody tr:last-child td,tbody tr:last-child th{border-bottom:0}
.text{text-align:left}
td.name{white-space:normal;text-align:left}
td.pair{white-space:normal;min-width:11.5rem;text-align:left}
td.long{white-space:normal;min-width:14rem;text-align:left}
.arm td,.arm th{padding-top:.9rem;color:var(--ink);font-weight:600;text-align:left}
.swatch{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.45em}
.succeeded{color:var(--good)}.failed{color:var(--bad)}.pruned,.cancelled,.running,.queued{color:var(--warn)}
ul.legend{list-style:none;margin:.6rem 0 0;padding:0;font-size:.82rem}
ul.legend li{padding-left:1.15em;text-indent:-1.15em}
ul.notes{margin:.5rem 0 0;padding-left:1.1rem}
ul.notes li{margin:.3rem 0}
.finding+.finding{border-top:1px solid var(--line);margin-top:1.1rem}
.finding h3 code{margin-left:.4em;color:var(--ink-soft);font-weight:400}
ul.remedies{margin:.5rem 0 0;padding-left:1.1rem}
.partial{border-left:4px solid var(--warn)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.6rem 0 0;font-size:.92rem}
dl.facts dt{color:var(--ink-soft)}
dl.facts dd{margin:0}
pre,code{font:.84rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--page);border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;margin:.5rem 0 0;overflow-x:auto;overflow-wrap:normal}
summary{cursor:pointer;color:var(--accent);margin-top:.5rem}
footer{color:var(--ink-soft);font-size:.85rem;margin-top:1.4rem}
@media (max-width:46rem){main{padding:1.2rem .7rem 2rem}section{padding:1rem .8rem;border-radius:.7rem}.wide{display:none}.narrow{display:block}.tile dd{font-size:1.1rem}.tiles{grid-template-columns:repeat(2,1fr)}dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.4rem}}
@media print{:root{color-scheme:light;${cssColors('light')}--page:#fff;--line:#d5dae0;--accent:#0068a8;--good:#00704f;--bad:#b3261e;--warn:#8a5a00}body{font-size:10.5pt}main{max-width:none;padding:0}section,.tile{border-color:#ccc;border-radius:0}section{padding:.6rem 0;border-width:1px 0 0}figure,tr,.tile{break-inside:avoid}dl.facts{grid-template-columns:max-content 1fr}.tiles{grid-template-columns:repeat(auto-fit,minmax(3cm,1fr))}.tile dd{font-size:1rem}td code{font-size:inherit}h2{break-after:avoid}.wide{display:block}.narrow{display:none}.scroll{overflow:visible}table{font-size:7.5pt}th,td{padding:.15rem .3rem}details::details-content{content-visibility:visible;display:block;height:auto}}
`;
