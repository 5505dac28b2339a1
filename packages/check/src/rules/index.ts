/** All rules, by code. */
import { acrossAwait } from './across-await.ts'
import { assigned } from './assigned.ts'
import { blocking } from './blocking.ts'
import { borrowed } from './borrowed.ts'
import { capturedThis } from './this.ts'
import { compiled } from './compiled.ts'
import { endless } from './endless.ts'
import { globals } from './globals.ts'
import { joinedLocked } from './joined-locked.ts'
import { lockOrder } from './lock-order.ts'
import { moduleState } from './module-state.ts'
import { moved } from './moved.ts'
import { outlived } from './outlived.ts'
import { raced } from './raced.ts'
import { relock } from './relock.ts'
import { returned } from './returned.ts'
import type { Rule } from './rule.ts'
import { send } from './send.ts'
import { unmoved } from './unmoved.ts'
import { unreleased } from './unreleased.ts'
import { unused } from './unused.ts'

export const RULES: readonly Rule[] = [
  send,
  unmoved,
  moved,
  borrowed,
  returned,
  assigned,
  outlived,
  acrossAwait,
  blocking,
  unused,
  endless,
  lockOrder,
  moduleState,
  capturedThis,
  relock,
  globals,
  unreleased,
  joinedLocked,
  raced,
  compiled,
]
