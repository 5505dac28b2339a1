/** What the stand-ins need of the library's own declarations. */
export type { Arc } from '../../../fearless/dist/index.js'
export type { Crossing, Shared, crossing } from '../../../fearless/dist/send.js'

/** `Arc` as it is built, without what the stand-ins add to it. */
export type ArcClass = typeof import('../../../fearless/dist/index.js').Arc
