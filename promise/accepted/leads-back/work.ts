import { helper } from './helper.ts'

export const work = (): number => helper()
