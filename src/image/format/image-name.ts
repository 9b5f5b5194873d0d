/** Whether the name of an image is `wanted` or ends with it: `1.27` and `nginx:1.27` both match `docker.io/library/nginx:1.27`. */
export function isNameOf(name: string | undefined, wanted: string): boolean {
  if (name === undefined) return false;
  const isTag = name.endsWith(`:${wanted}`) && !wanted.includes('/');
  return name === wanted || name.endsWith(`/${wanted}`) || isTag;
}
