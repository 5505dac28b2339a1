/** Deno: Node's modules. */
import { platform as node } from './node.ts'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  ...node,
  name: 'deno',
}
