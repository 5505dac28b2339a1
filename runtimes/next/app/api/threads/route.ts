import { program } from '../../../../program/program'

export const dynamic = 'force-dynamic'

export async function GET(): Promise<Response> {
  return new Response(`${(await program()).join('\n')}\n`)
}
