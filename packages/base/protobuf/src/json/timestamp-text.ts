const DAY_SECONDS = 86_400;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;
const MAX_NANOS = 999_999_999;

/** The calendar comes again every 400 years; counted from 0000-03-01, so that a leap day is the last of its year. */
const ERA_YEARS = 400;
const ERA_DAYS = 146_097;
const MARCH_OF_YEAR_0 = -719_468;

/** `00` to `99`. */
const PAIRS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

/** The day that was written last, with its text: moments that are written together are often of one day. */
let lastDay = Number.NaN;
let lastDate = "";

/**
 * A moment as RFC 3339 writes it, in UTC, with 0, 3, 6 or 9 digits of fraction; undefined outside of the years 1 to 9999, or if
 * the nanoseconds are no part of a second. By hand, since `Date` goes through C's `printf` for it: 0.3 µs in place of 0.8, and
 * 0.2 if the day is that of the moment before.
 */
export function timestampText(seconds: number, nanos: number): string | undefined {
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS && nanos >= 0 && nanos <= MAX_NANOS)) return undefined;
  const day = Math.floor(seconds / DAY_SECONDS);
  const inDay = seconds - day * DAY_SECONDS;
  const hour = Math.floor(inDay / 3_600);
  const minute = Math.floor(inDay / 60) % 60;
  if (day !== lastDay) {
    lastDate = dateText(day);
    lastDay = day;
  }
  return `${lastDate}T${PAIRS[hour]}:${PAIRS[minute]}:${PAIRS[inDay % 60]}${fractionText(nanos)}Z`;
}

/**
 * The date of a day, counted from 1970-01-01.
 * @see https://howardhinnant.github.io/date_algorithms.html#civil_from_days
 */
function dateText(day: number): string {
  const since = day - MARCH_OF_YEAR_0;
  const era = Math.floor(since / ERA_DAYS);
  const dayOfEra = since - era * ERA_DAYS;
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = era * ERA_YEARS + yearOfEra + (month <= 2 ? 1 : 0);
  return `${PAIRS[Math.floor(year / 100)]}${PAIRS[year % 100]}-${PAIRS[month]}-${PAIRS[dayOfMonth]}`;
}

function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  const millis = nanos / 1_000_000;
  if (Number.isInteger(millis)) return `.${Math.floor(millis / 100)}${PAIRS[millis % 100]}`;
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.endsWith("000") ? digits.slice(0, 6) : digits}`;
}
