const ko = {
  title: '운영 현황',
};

export default ko;
