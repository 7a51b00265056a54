// Reduce a drawing of Mermaid to plain shapes: presentation attributes only,
// every run of text at its own place, arrowheads as shapes. No style sheet,
// class, marker, group, filter or foreign object is left, because PDF engines
// and e-readers each read those in their own way.
//
// flatten(svg, {title, paper}) → SVG text, one element a line.
window.flatten = (() => {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const SHAPES = ["path", "rect", "circle", "ellipse", "line", "polyline", "polygon"];
  const GEOMETRY = {
    path: ["d"], rect: ["x", "y", "width", "height", "rx", "ry"],
    circle: ["cx", "cy", "r"], ellipse: ["cx", "cy", "rx", "ry"],
    line: ["x1", "y1", "x2", "y2"], polyline: ["points"], polygon: ["points"],
  };
  const SKIPPED = ["style", "script", "title", "desc", "metadata", "defs", "filter",
    "marker", "symbol", "linearGradient"];
  const REFUSED = ["foreignObject", "image", "use"];
  const MARGIN = 10;

  const round = (value) => String(Math.round(value * 100) / 100);
  const rounded = (text) =>
    text.replace(/-?\d*\.\d+(?:e[-+]?\d+)?/g, (n) => round(parseFloat(n)));

  function element(tag, attributes) {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // ---- paint -------------------------------------------------------------
  // "rgb(1, 2, 3)" → {hex: "#010203", alpha: 1}; nothing to see → null
  function colour(value) {
    if (value === "none") return null;
    const found = /^rgba?\(([^)]+)\)$/.exec(value);
    if (!found) throw new Error(`paint “${value}” is not a plain colour`);
    const [r, g, b, alpha = 1] = found[1].split(/[ ,/]+/).map(Number);
    const hex = [r, g, b].map((n) => Math.round(n).toString(16).padStart(2, "0"));
    return alpha === 0 ? null : { hex: "#" + hex.join(""), alpha };
  }

  function setPaint(shape, name, style, opacity) {
    const paint = colour(style[name]);
    const alpha = paint ? paint.alpha * parseFloat(style[`${name}Opacity`]) * opacity : 0;
    if (alpha === 0) { shape.setAttribute(name, "none"); return false; }
    shape.setAttribute(name, paint.hex);
    if (alpha < 1) shape.setAttribute(`${name}-opacity`, round(alpha));
    return true;
  }

  function setStroke(shape, style, opacity) {
    const width = parseFloat(style.strokeWidth);
    if (style.stroke === "none" || width === 0) return false;
    if (!setPaint(shape, "stroke", style, opacity)) {
      shape.removeAttribute("stroke");
      return false;
    }
    if (width !== 1) shape.setAttribute("stroke-width", round(width));
    const dashes = style.strokeDasharray.replace(/px/g, "").replace(/,\s*/g, " ");
    if (dashes !== "none" && !/^(0|\S+ 0)$/.test(dashes))
      shape.setAttribute("stroke-dasharray", rounded(dashes));
    if (style.strokeLinecap !== "butt")
      shape.setAttribute("stroke-linecap", style.strokeLinecap);
    if (style.strokeLinejoin !== "miter")
      shape.setAttribute("stroke-linejoin", style.strokeLinejoin);
    return true;
  }

  function opacityOf(node, root) {
    let product = 1;
    for (let at = node; at && at !== root; at = at.parentElement)
      product *= parseFloat(getComputedStyle(at).opacity);
    return product;
  }

  // ---- place -------------------------------------------------------------
  function matrixOf(node, root) {
    return DOMMatrix.fromMatrix(root.getScreenCTM().inverse().multiply(node.getScreenCTM()));
  }

  function setMatrix(shape, m) {
    const linear = [m.a, m.b, m.c, m.d];
    const straight = linear.every((v, i) => Math.abs(v - [1, 0, 0, 1][i]) < 1e-5);
    const [e, f] = [round(m.e), round(m.f)];
    if (!straight) {
      const numbers = linear.map((v) => String(Math.round(v * 1e5) / 1e5));
      shape.setAttribute("transform", `matrix(${[...numbers, e, f].join(" ")})`);
    } else if (e !== "0" || f !== "0") shape.setAttribute("transform", `translate(${e} ${f})`);
  }

  // A length as drawn: style sheets may set what are attributes elsewhere.
  function length(node, name, style) {
    const styled = style[name];
    if (styled && styled.endsWith("px")) return parseFloat(styled);
    return node[name] && node[name].baseVal ? node[name].baseVal.value : 0;
  }

  function geometry(node, style) {
    const found = {};
    for (const name of GEOMETRY[node.localName]) {
      if (name === "d" || name === "points") {
        found[name] = rounded((node.getAttribute(name) || "").trim().replace(/\s+/g, " "));
      } else found[name] = round(length(node, name, style));
    }
    return found;
  }

  // Lifelines run far below the drawing, whose frame would hide the rest of them.
  function cut(node, place, matrix) {
    const box = node.ownerSVGElement.viewBox.baseVal;
    const within = (value, shift, low, size) =>
      round(Math.min(Math.max(Number(value) + shift, low), low + size) - shift);
    for (const end of ["1", "2"]) {
      place["x" + end] = within(place["x" + end], matrix.e, box.x, box.width);
      place["y" + end] = within(place["y" + end], matrix.f, box.y, box.height);
    }
  }

  function isEmpty(tag, place) {
    if (tag === "path") return !place.d;
    if (tag === "rect") return place.width === "0" || place.height === "0";
    if (tag === "circle") return place.r === "0";
    return false;
  }

  // ---- shapes ------------------------------------------------------------
  function plainShape(node, matrix, opacity) {
    const style = getComputedStyle(node), tag = node.localName;
    const place = geometry(node, style);
    if (tag === "rect") for (const r of ["rx", "ry"]) if (place[r] === "0") delete place[r];
    if (isEmpty(tag, place)) return [];
    if (node.classList.contains("actor-line")) cut(node, place, matrix);
    const shape = element(tag, place);
    setMatrix(shape, matrix);
    const filled = setPaint(shape, "fill", style, opacity);
    const stroked = setStroke(shape, style, opacity);
    if (filled && style.fillRule !== "nonzero")
      shape.setAttribute("fill-rule", style.fillRule);
    return filled || stroked ? [shape] : [];
  }

  function markerPlace(node, total, atEnd) {
    if (!total) {
      const [x, y] = node.x1 ? [node.x1.baseVal.value, node.y1.baseVal.value] : [0, 0];
      return { x, y, angle: 0 };
    }
    const step = Math.min(0.6, total / 4);
    const tip = node.getPointAtLength(atEnd ? total : 0);
    const near = node.getPointAtLength(atEnd ? total - step : step);
    const [from, to] = atEnd ? [near, tip] : [tip, near];
    return { x: tip.x, y: tip.y, angle: Math.atan2(to.y - from.y, to.x - from.x) };
  }

  function markerMatrix(marker, place, atEnd, strokeWidth) {
    let angle = (place.angle * 180) / Math.PI;
    const orient = marker.getAttribute("orient") || "0";
    if (orient === "auto-start-reverse" && !atEnd) angle += 180;
    else if (!orient.startsWith("auto")) angle = parseFloat(orient) || 0;
    let scale = marker.markerUnits.baseVal === 1 ? 1 : strokeWidth;
    if (marker.hasAttribute("viewBox")) {
      const box = marker.viewBox.baseVal;
      scale *= Math.min(
        marker.markerWidth.baseVal.value / box.width,
        marker.markerHeight.baseVal.value / box.height,
      );
    }
    return new DOMMatrix()
      .translate(place.x, place.y).rotate(angle).scale(scale)
      .translate(-marker.refX.baseVal.value, -marker.refY.baseVal.value);
  }

  function arrowheads(node, matrix, opacity) {
    const style = getComputedStyle(node), shapes = [];
    const total = node.getTotalLength ? node.getTotalLength() : 0;
    for (const [property, atEnd] of [["markerStart", false], ["markerEnd", true]]) {
      const found = /#([^")]+)/.exec(style[property]);
      const marker = found && document.getElementById(found[1]);
      if (!marker) continue;
      const place = markerPlace(node, total, atEnd);
      const inner = markerMatrix(marker, place, atEnd, parseFloat(style.strokeWidth) || 1);
      for (const part of marker.children) {
        if (!SHAPES.includes(part.localName)) continue;
        const own = part.transform.baseVal.consolidate();
        const last = own ? inner.multiply(DOMMatrix.fromMatrix(own.matrix)) : inner;
        shapes.push(...plainShape(part, matrix.multiply(last), opacity));
      }
    }
    return shapes;
  }

  // ---- text --------------------------------------------------------------
  const canvas = document.createElement("canvas").getContext("2d");

  // How far the baseline lies below the point that the browser reports.
  function baselineShift(style) {
    const wanted = style.dominantBaseline;
    if (wanted === "auto" || wanted === "alphabetic") return 0;
    canvas.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const box = canvas.measureText("x");
    const [up, down] = [box.fontBoundingBoxAscent, box.fontBoundingBoxDescent];
    const shifts = {
      central: (up - down) / 2, middle: box.actualBoundingBoxAscent / 2,
      hanging: box.hangingBaseline, "text-before-edge": up, "text-after-edge": -down,
    };
    if (!(wanted in shifts)) throw new Error(`baseline “${wanted}” is not known`);
    return shifts[wanted];
  }

  // The characters that are drawn, each with the element that styles it.
  function characters(node) {
    const all = [];
    const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = walk.nextNode(); text; text = walk.nextNode())
      for (const character of text.data) all.push([character, text.parentElement]);
    if (getComputedStyle(node).whiteSpace.startsWith("pre")) return all;
    const kept = [];
    for (const [character, parent] of all) {
      const blank = /\s/.test(character);
      if (blank && (!kept.length || kept[kept.length - 1][0] === " ")) continue;
      kept.push([blank ? " " : character, parent]);
    }
    if (kept.length && kept[kept.length - 1][0] === " ") kept.pop();
    return kept;
  }

  // Neighbours on one line in one style; a gap in either starts a new run.
  function runsOf(node) {
    const runs = [], count = node.getNumberOfChars();
    let index = 0, run = null;
    for (const [character, parent] of characters(node)) {
      if (index >= count) break;
      const start = node.getStartPositionOfChar(index);
      const end = node.getEndPositionOfChar(index);
      index += character.length;
      const style = getComputedStyle(parent);
      const look = [Math.round(start.y * 4), style.fill, style.fontWeight,
        style.fontStyle, style.fontSize, style.fontFamily].join("|");
      const joins = run && run.look === look && Math.abs(start.x - run.end) < 1;
      if (!joins) {
        if (character === " ") continue;
        run = { look, style, text: "", x: start.x, y: start.y, end: start.x, ink: 0 };
        runs.push(run);
      }
      run.text += character;
      run.end = end.x;
      if (character !== " ") run.ink = end.x;
    }
    return runs;
  }

  function texts(node, matrix, opacity) {
    return runsOf(node).map((run) => {
      const { style } = run;
      const straight = Math.abs(matrix.a - 1) < 1e-5 && Math.abs(matrix.b) < 1e-5;
      const [dx, dy] = straight ? [matrix.e, matrix.f] : [0, 0];
      const made = element("text", {
        x: round(run.x + dx), y: round(run.y + baselineShift(style) + dy),
        textLength: round(run.ink - run.x), lengthAdjust: "spacingAndGlyphs",
        "font-family": style.fontFamily.replace(/"/g, "'"),
        "font-size": round(parseFloat(style.fontSize)),
      });
      if (!straight) setMatrix(made, matrix);
      if (style.fontWeight !== "400") made.setAttribute("font-weight", style.fontWeight);
      if (style.fontStyle !== "normal") made.setAttribute("font-style", style.fontStyle);
      setPaint(made, "fill", style, opacity);
      made.textContent = run.text.trimEnd();
      return made;
    });
  }

  // ---- the drawing -------------------------------------------------------
  function flat(node, root) {
    const tag = node.localName;
    if (REFUSED.includes(tag)) throw new Error(`<${tag}> can't be made plain`);
    if (SKIPPED.includes(tag)) return [];
    const style = getComputedStyle(node);
    if (style.display === "none") return [];
    const shape = SHAPES.includes(tag);
    if (!shape && tag !== "text") return [...node.children].flatMap((c) => flat(c, root));
    if (style.visibility === "hidden") return [];
    const matrix = matrixOf(node, root), opacity = opacityOf(node, root);
    if (tag === "text") return texts(node, matrix, opacity);
    const heads = arrowheads(node, matrix, opacity);
    return [...plainShape(node, matrix, opacity), ...heads];
  }

  // The smallest box of whole pixels around what is drawn, strokes apart.
  function frame(shapes, host) {
    const group = element("g", {}), svg = element("svg", {});
    group.append(...shapes);
    svg.append(group);
    host.append(svg);
    const box = group.getBBox();
    svg.remove();
    const [x, y] = [Math.floor(box.x - MARGIN), Math.floor(box.y - MARGIN)];
    const width = Math.ceil(box.x + box.width + MARGIN) - x;
    const height = Math.ceil(box.y + box.height + MARGIN) - y;
    return { x, y, width, height };
  }

  return (svg, { title, paper }) => {
    const shapes = flat(svg, svg);
    const { x, y, width, height } = frame(shapes, svg.parentElement);
    const heading = element("title", {});
    heading.textContent = title;
    const ground = element("rect", { x, y, width, height, fill: paper });
    const write = (node) =>
      new XMLSerializer().serializeToString(node).replace(` xmlns="${NS}"`, "");
    return [
      `<svg xmlns="${NS}" role="img" viewBox="${x} ${y} ${width} ${height}"` +
        ` width="${width}" height="${height}">`,
      ...[heading, ground, ...shapes].map(write), "</svg>", "",
    ].join("\n");
  };
})();
