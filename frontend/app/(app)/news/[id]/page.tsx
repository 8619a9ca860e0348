import View from './view';

export const generateStaticParams = () => [{ id: '_' }];

export default function ArticlePage() {
  return <View />;
}
