/* What the browser remembers of its user: language and theme. Never a token, a name or a picture. */

const PREFIX = "openfrs-";

export function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off; the choice lasts as long as the page
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    return;
  }
}

export function currentTheme() {
  return document.documentElement.dataset.theme ?? "auto";
}

/** `light` or `dark`; `auto` follows the system. */
export function useTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  remember("theme", theme);
}

useTheme(remembered("theme") ?? "auto");
