#include "metrics/page_style.h"

#include "base/base64.h"
#include "base/hash.h"

namespace postern::metrics {
namespace {

// System fonts and nothing loaded. Colours have a contrast of at least 4.5 for text and of 3 for a bar in both schemes.
// What stands beside a table's words, a picture or a sign says the same without colour.
constexpr Literal kStyle = R"css(
:root{color-scheme:light dark;--paper:#fcfbf9;--ink:#1d1b19;--soft:#5d5852;--line:#ddd8d0;--wash:#f1eee8;--mark:#2d5f8b;--well:#1e6a3b;--trouble:#8a4f00;--bad:#a3212b}
@media(prefers-color-scheme:dark){:root{--paper:#161514;--ink:#ece8e2;--soft:#aaa39a;--line:#37332f;--wash:#201e1c;--mark:#8fbae2;--well:#7fca99;--trouble:#e5b062;--bad:#f29191}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1.5rem;color:var(--soft);padding-bottom:.75rem;border-bottom:1px solid var(--line)}
header p{margin:0}
h1{margin:0;font-size:1rem;font-weight:600;color:var(--ink)}
h2{margin:0 0 .5rem;font-size:1.125rem;line-height:1.3}
section{margin-top:2.25rem}
a{color:var(--mark);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:3px solid var(--mark);outline-offset:3px}
code{font:.9em ui-monospace,"Liberation Mono",Menlo,monospace;background:var(--wash);padding:.1em .3em;border-radius:3px}
.muted,caption,.label span{color:var(--soft)}
.verdict{margin-top:1.5rem;padding-left:1rem;border-left:.375rem solid var(--well)}
.verdict h2{margin:0;font-size:.875rem;letter-spacing:.02em;color:var(--well)}
.verdict.trouble{border-left-style:double;border-color:var(--trouble)}
.verdict.trouble h2{color:var(--trouble)}
.verdict.bad{border-color:var(--bad)}
.verdict.bad h2{color:var(--bad)}
.first{margin:.125rem 0 0;font-size:1.5rem;line-height:1.3;text-wrap:pretty}
.also{margin:0}
.advice{margin:.375rem 0 0}
li .advice{margin-top:.125rem;color:var(--soft)}
.verdict ul{margin:.875rem 0 0;padding:0;list-style:none}
.verdict li{margin-top:.5rem;padding-top:.5rem;border-top:1px solid var(--line)}
.counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.5rem,1fr));gap:1rem 1.5rem;margin:2rem 0 0;padding:0;list-style:none;color:var(--soft);font-size:.875rem}
.counts b{display:block;color:var(--ink);font-size:1.5rem;font-weight:400;line-height:1.25;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}
table+table,details+table{margin-top:1.25rem}
caption{text-align:left;font-size:.875rem;padding-bottom:.375rem}
th,td{text-align:left;vertical-align:top;padding:.4375rem 1rem .4375rem 0;border-top:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:.8125rem;font-weight:600;color:var(--soft);border-top:0;padding-top:0;vertical-align:bottom;overflow-wrap:normal}
tbody th{font-weight:600}
.n{text-align:right}
td.n{white-space:nowrap}
td.time{white-space:nowrap}
td p{margin:0}
td p,.verdict p{overflow:hidden}
.messages{table-layout:fixed}
.messages th:first-child{width:6.5rem}
.messages th:nth-child(2){width:38%}
td p+p{margin-top:.25rem}
tr.more td{border-top:0;padding-top:0}
.id,.state{white-space:nowrap}
.state svg{width:.75em;height:.75em;margin-right:.4em}
.state.well{color:var(--well)}
.state.trouble{color:var(--trouble)}
.state.bad{color:var(--bad)}
.strips{margin:.75rem 0 0 2.75rem}
.strips svg{display:block;width:100%;overflow:visible}
.label{margin:.875rem 0 .25rem -2.75rem;font-size:.9375rem;font-variant-numeric:tabular-nums}
svg.delivered{height:5.5rem}
svg.deferred,svg.failed{height:2.25rem}
svg.delays{height:7rem}
.bar{fill:var(--mark)}
.deferred .bar{fill:var(--trouble)}
.failed .bar{fill:var(--bad)}
.range{fill:var(--mark);opacity:.7}
.tick{fill:var(--mark)}
.unknown{fill:var(--wash);stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;vector-effect:non-scaling-stroke}
.grid,.base{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.base{stroke:var(--soft)}
.scaled{position:relative}
.scale span{position:absolute;left:-2.75rem;width:2.5rem;text-align:right;font-size:.75rem;line-height:1;color:var(--soft);transform:translateY(-50%)}
.one-s{top:84.0%}
.one-m{top:55.5%}
.one-h{top:27.0%}
.one-d{top:4.8%}
.times{display:grid;grid-template-columns:repeat(4,1fr);margin-top:.25rem;font-size:.75rem;color:var(--soft);font-variant-numeric:tabular-nums}
.times span{grid-row:1}
.times span:nth-child(n+4){grid-column:4}
.times span:last-child{justify-self:end}
.narrow{display:none}
details{margin-top:1rem}
summary{cursor:pointer;color:var(--mark)}
details table{margin-top:.75rem}
details th{overflow-wrap:normal}
section>p{margin:0 0 .375rem}
.none{margin:0;color:var(--soft)}
.none+.none,table+.none{margin-top:.5rem}
footer{margin-top:3rem;padding-top:.75rem;border-top:1px solid var(--line);font-size:.875rem;color:var(--soft)}
footer p{margin:0 0 .375rem}
@media(max-width:36rem){.wide{display:none}.narrow{display:block;white-space:normal;overflow-wrap:normal}table{font-size:.875rem}th,td{padding-right:.5rem}thead th{font-size:.75rem}td.n,th.n{padding-right:.75rem}.numbers .n{padding-right:.375rem}.first{font-size:1.25rem}.messages,.messages caption,.messages tbody,.messages tr,.messages td{display:block}.messages thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.messages tr{padding:.625rem 0;border-top:1px solid var(--line)}.messages td{padding:0;border:0}.messages td+td{margin-top:.25rem}.messages td.time{color:var(--soft)}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--wash:#eee;--mark:#234d71;--well:#1e6a3b;--trouble:#7a4600;--bad:#8a1a23}body{max-width:none;padding:0;font-size:10pt}tr,svg,.verdict{break-inside:avoid}h2{break-after:avoid}.numbers:not([open]),header a{display:none}.bar,.tick,.range{print-color-adjust:exact}}
)css";

}  // namespace

Literal page_style() { return kStyle; }

const std::string& page_style_source() {
  static const std::string source = [] {
    Sha256 hash;
    hash.update(page_style().text());
    return "'sha256-" + base64_encode(hash.finish()) + "'";
  }();
  return source;
}

}  // namespace postern::metrics
