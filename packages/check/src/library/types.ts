/** What the stand-ins need of the library's own declarations. */
export type { Arc, Guard, Wait } from '../../../fearless/dist/index.js'
export type { Crossing, Send, crossing } from '../../../fearless/dist/send.js'
