const ko = {
  title: '큐와 워커',
};

export default ko;
