// Colours as people see them: contrast (WCAG 2.2), and distance under three kinds of colour blindness.

/// `#rgb`, `#rrggbb` or `rgb(…)` as three numbers from 0 to 255.
export function channels(colour) {
  const text = `${colour}`.trim();
  const rgb = /^rgba?\(([^)]+)\)$/.exec(text);
  if (rgb) return rgb[1].split(/[ ,/]+/).slice(0, 3).map(Number);
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text)?.[1];
  if (!hex) throw new Error(`no colour: ${text}`);
  const digits = hex.length === 3 ? [...hex].map((digit) => digit + digit) : hex.match(/../g);
  return digits.map((pair) => parseInt(pair, 16));
}

/// A colour that lies on another, as far as it hides it.
export function over(colour, ground, opacity) {
  return channels(colour).map((value, index) => value * opacity + channels(ground)[index] * (1 - opacity));
}

const linear = (value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};

const luminance = (rgb) => {
  const [red, green, blue] = rgb.map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/// The contrast of two colours, from 1 to 21.
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/// What is left of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1).
const SIGHT = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/// The kinds of sight that charts are held against.
export const SIGHTS = Object.keys(SIGHT);

/// A colour in CIELAB (D65) as a kind of sight sees it.
export function lab(colour, sight) {
  const rgb = channels(colour).map(linear);
  const seen = SIGHT[sight].map((row) => Math.min(1, Math.max(0, row.reduce((sum, part, index) => sum + part * rgb[index], 0))));
  const [red, green, blue] = seen;
  const xyz = [
    (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047,
    0.2126729 * red + 0.7151522 * green + 0.072175 * blue,
    (0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883,
  ];
  const [x, y, z] = xyz.map((value) => (value > 216 / 24389 ? Math.cbrt(value) : (value * 24389) / 27 / 116 + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/// How far two colours lie apart for the sight that tells them apart worst.
export function distance(a, b) {
  const apart = (sight) => Math.hypot(...lab(a, sight).map((value, index) => value - lab(b, sight)[index]));
  return Math.min(...SIGHTS.map(apart));
}
