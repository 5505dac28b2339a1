/** Where the buffers of raw programs lie in simulated memory: above what a library under the model lays out itself. */
export const RAW = 1 << 20
