'use client';

import { Page } from '@/components/page';

export default function News() {
  return <Page title="">{null}</Page>;
}
