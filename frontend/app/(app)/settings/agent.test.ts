import { describe, expect, it } from 'vitest';
import { agentName } from './agent';

describe('what a program calls itself', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox · Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge · Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15', 'Safari · macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1', 'Chrome · iPhone'],
    ['Mozilla/5.0 (Linux; Android 16; SM-S938N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/30.0 Chrome/135.0.0.0 Mobile Safari/537.36', 'Samsung Internet · Android'],
    ['curl/8.14.1', 'curl/8.14.1'],
    ['Go-http-client/1.1', 'Go-http-client/1.1'],
    ['robot (of somebody)', 'robot'],
    ['x'.repeat(50), `${'x'.repeat(40)}…`],
    ['', ''],
  ])('%s', (agent, name) => expect(agentName(agent)).toBe(name));
});
