import { expect, it } from '@jest/globals';
import { settle } from '@flowkeep/testing';
import { FrameChannel } from './frame-channel.ts';

async function read(channel: FrameChannel<number>): Promise<number[]> {
  const frames: number[] = [];
  for await (const frame of channel) frames.push(frame);
  return frames;
}

it('gives the reader every frame in order, also those from before it came', async () => {
  const channel = new FrameChannel<number>();
  void channel.push(1);
  const reading = read(channel);
  await settle();
  void channel.push(2);
  channel.close();
  void channel.push(3);
  expect(await reading).toEqual([1, 2]);
});

it('tells the reader of a failure after the frames before it', async () => {
  const channel = new FrameChannel<number>();
  void channel.push(1);
  channel.close(new Error('broken'));
  const frames = channel[Symbol.asyncIterator]();
  expect(await frames.next()).toEqual({ done: false, value: 1 });
  await expect(frames.next()).rejects.toThrow('broken');
});

it('holds every producer back while the reader is slow, and lets all go on with it or at the end', async () => {
  const channel = new FrameChannel<number>();
  let waiting = 0;
  const produce = async (frame: number) => {
    waiting++;
    await channel.push(frame);
    waiting--;
  };
  for (let frame = 0; frame < 20; frame++) void produce(frame);
  await settle();
  expect(waiting).toBe(5);
  await channel[Symbol.asyncIterator]().next();
  await settle();
  expect(waiting).toBe(0);
  void produce(20);
  await settle();
  expect(waiting).toBe(1);
  channel.close();
  await settle();
  expect(waiting).toBe(0);
});
