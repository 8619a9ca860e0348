const ko = {
  title: 'A/B 비교',
};

export default ko;
