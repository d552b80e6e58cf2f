/** What a report of very many trials leaves to other files. */

/**
 * More trials than this stand in trials.csv and not in report.json, and of epochs only those that are drawn are read: the
 * JSON of 100,000 trials with their epochs would have 400 MB.
 */
export const MOST_DETAILED = 10_000;

/** Arms in the ranking of a terminal. */
export const MOST_RANKED = 20;
