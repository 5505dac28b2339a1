/** All rows, in the order of the table. */
import { channelRows } from './channels.ts'
import { dataRows } from './data.ts'
import { parRows } from './par.ts'
import type { Row } from './row.ts'
import { syncRows } from './sync.ts'
import { taskRows } from './tasks.ts'
import { threadRows } from './threads.ts'

export type { Metric, Row } from './row.ts'

export const ROWS: readonly Row[] = [...taskRows, ...channelRows, ...syncRows, ...threadRows, ...dataRows, ...parRows]
