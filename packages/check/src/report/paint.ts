/** Colours for a terminal, and plain text elsewhere. */
import { createColors } from 'picocolors'
import type { Colours } from '@fearless/compiler/analysis'

export function paintFor(colours: boolean): Colours {
  const c = createColors(colours)
  return {
    error: text => c.bold(c.red(text)),
    warning: text => c.bold(c.yellow(text)),
    note: text => c.bold(c.blue(text)),
    help: text => c.bold(c.cyan(text)),
    strong: text => c.bold(text),
  }
}
