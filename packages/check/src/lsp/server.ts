export async function serve(_input: NodeJS.ReadableStream, _output: NodeJS.WritableStream): Promise<void> {}
