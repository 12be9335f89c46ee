/* The texts of the console in the user's language. */

import en from "./i18n/en.js";
import zh from "./i18n/zh.js";
import { remembered, remember } from "./preferences.js";

export const LANGUAGES = { en: "English", zh: "简体中文" };
const TABLES = { en, zh };

let language = remembered("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
if (!(language in TABLES)) language = "en";
tell();

function tell() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

export function currentLanguage() {
  return language;
}

export function useLanguage(chosen) {
  language = chosen;
  remember("language", chosen);
  tell();
}

/** The text of a key, with `{name}` replaced by the value of that name. */
export function t(key, values = {}) {
  const text = TABLES[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The text for a number of things: the key's `.one` or `.other`, with `{n}` as the number. */
export function count(key, n, values = {}) {
  const form = language === "en" && n === 1 ? "one" : "other";
  return t(`${key}.${form}`, { n: number(n), ...values });
}

export function number(value, digits = 0) {
  const locale = language === "zh" ? "zh-CN" : "en";
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A moment of the service (`YYYY-MM-DD HH:MM:SS` in UTC, or ISO) in the user's own zone. */
export function moment(text) {
  const iso = text.includes("T") ? text : `${text.replace(" ", "T")}Z`;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return text;
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);
}
