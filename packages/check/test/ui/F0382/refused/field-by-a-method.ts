import { helpers, type Job } from '../../Elsewhere/queue.ts'

export function give(job: Job): number {
  helpers.run(job.rows)
  job.done = true
  return job.rows.length
}
