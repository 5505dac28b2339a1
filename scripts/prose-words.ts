/** The words that hide the subject of a sentence, and the phrases that give a reader no information. */

/**
 * Pronouns in place of a subject that a reader could point at. `A reader that waits` names one, `whoever waits` none.
 */
export const HIDDEN_SUBJECTS = /\b(?:what|who|whom|whoever|whatever|nobody|somebody|anybody|everybody)\b/gi

/** Phrases that give the reader of a message no information. */
export const PHRASES = /\b(?:is none|means nothing|so many)\b/
