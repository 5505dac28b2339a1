/** All rules, by code. */
import { moved } from './moved.ts'
import type { Rule } from './rule.ts'
import { unmoved } from './unmoved.ts'

export const RULES: readonly Rule[] = [unmoved, moved]
