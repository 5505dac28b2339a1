// oxlint-disable-next-line no-unused-vars -- JSX calls it
const element = (tag: string, _: unknown, ...children: unknown[]): string => `${tag}: ${children.join('')}`

export const view = (n: number): string => (<b>{n}</b>) as unknown as string
