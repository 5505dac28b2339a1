import { program } from '../../../program/program.ts'

export async function GET(): Promise<Response> {
  return new Response((await program()).join('\n'))
}
