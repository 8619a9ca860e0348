// What every page asks first, asked by a script in its head: the answers are on their way while the page's own scripts are.
import type { RefreshRequest } from './api.gen';

/** Where the API is: the page's own origin unless the build was told otherwise. */
export const apiBase = process.env.NEXT_PUBLIC_API_BASE ?? '';
/** Held by the tab that trades the cookie: the others wait for it. */
export const lockName = 'tickerwire.refresh';

/** Answers that were asked for before the page's scripts came. */
export interface Early {
  /** The trade of the cookie for a token. */
  refresh: Promise<Response>;
  /** Answers by the path that was asked, with that token; null where there was none. */
  answers: Record<string, Promise<Response | null>>;
}

declare global {
  interface Window {
    tickerwireEarly?: Early;
  }
}

export const refreshPath = '/api/auth/refresh';
/** 204, no refusal, where there is no cookie. */
export const refreshBody = JSON.stringify({ session: 'cookie' } satisfies RefreshRequest);
export const dashboardPath = '/api/dashboard';

/** What the page at an address asks first, besides the frame's question. */
const firstOf = { '/statistics': '/api/statistics?limit=200' };
/** Pages of one thing, which the API has at the same address; what has not its form is no such page. */
const sameAddress = '^/(stocks/[0-9A-Z]{6}|(news|predictions)/[1-9][0-9]{0,15})$';

/**
 * Runs in the page's head. Nobody is asked on the sign-in page, nor where tabs cannot wait for one another. It stands in the
 * page as it is here: no compiler makes it fit for older browsers.
 */
export const earlyRequests = `if(!location.pathname.startsWith('/login')&&navigator.locks){(function(){
var ask=function(path,init){init.credentials='include';return fetch('${apiBase}'+path,init)};
var r=navigator.locks.request('${lockName}',function(){return ask('${refreshPath}',{method:'POST',headers:{'Content-Type':'application/json'},body:'${refreshBody}'})});
var t=r.then(function(a){return a.status===200?a.clone().json():null});
var p=location.pathname,first=${JSON.stringify(firstOf)}[p]||(new RegExp('${sameAddress}').test(p)?'/api'+p:'');
var answers={};
['${dashboardPath}',first].forEach(function(path){if(path)answers[path]=t.then(function(b){return b&&ask(path,{headers:{Authorization:'Bearer '+b.access_token}})}).catch(function(){return null})});
t.catch(function(){});
window.tickerwireEarly={refresh:r,answers:answers}})()}`;

/** Takes what was asked for early, once. */
export function takeEarly(): Early | null {
  if (typeof window === 'undefined' || !window.tickerwireEarly) return null;
  const early = window.tickerwireEarly;
  delete window.tickerwireEarly;
  return early;
}
