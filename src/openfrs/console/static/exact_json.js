/*
 * JSON whose whole numbers keep all their digits: those that a Number cannot hold are a BigInt.
 * A face's `long` has 64 bits, a Number is exact up to 53.
 */

const LONG = /\d{16}/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const WHOLE = /^-?\d+$/;
const MARK = "\u0000whole:";
const MARKED_VALUE = /^\u0000whole:(-?\d+)$/;
const MARKED_TEXT = /"\\u0000whole:(-?\d+)"/g;

/** The value of a JSON text. Throws SyntaxError. */
export function parse(text) {
  if (!LONG.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKEN, (token) => (WHOLE.test(token) && !Number.isSafeInteger(Number(token)) ? JSON.stringify(MARK + token) : token));
  return JSON.parse(marked, (_, value) => {
    const found = typeof value === "string" && MARKED_VALUE.exec(value);
    return found ? BigInt(found[1]) : value;
  });
}

/** The JSON text of a value. `replace` may put something else in the place of a key's value. */
export function stringify(value, replace = (_, part) => part) {
  const marked = (key, part) => (typeof part === "bigint" ? `${MARK}${part}` : replace(key, part));
  return JSON.stringify(value, marked).replace(MARKED_TEXT, "$1");
}

/** A text's whole number: a Number or, where that is not exact, a BigInt; NaN where it is none. */
export function wholeNumber(text) {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  return WHOLE.test(text) ? BigInt(text) : NaN;
}
